import { describe, expect, test } from "vitest";
import { pegOf } from "../../analysis-request.js";
import { type Definitions, hourly, judgeOf, judgingRequest } from "./hours.js";
import { run, swinging, WEEK } from "./judging.js";

describe("a part that a definition names and that is not there", () => {
  test.each([
    ["numerator", { kind: "ratio", numerator: "o$&k", denominator: "all" }],
    ["denominator", { kind: "ratio", numerator: "all", denominator: "o$&k" }],
    ["exposure", { kind: "rare_count", exposure: "o$&k" }],
  ] satisfies [string, Definitions[string]][])("is told by its name: the %s", (_, definition) => {
    const stats = [...hourly("K", WEEK, (hour) => hour % 3), ...swinging("all", 1, 0.05, 2)];
    const judge = judgeOf(judgingRequest(stats, { definitions: { K: definition } }));
    expect(judge).toMatchObject({ verdict: "insufficient_data", reason: "part_absent", warnings: [] });
    expect([judge.p, judge.needed]).toEqual([undefined, undefined]);
    expect(judge.sentence).toEqual({
      en: "Not enough data: its definition refers to o$&k, which has no samples.",
      ko: "데이터 부족: 정의가 참조하는 o$&k에 표본이 없습니다.",
    });
  });
});

test("the hash of the settings tells which parts were used, and no others", () => {
  const stats = ["K", "a", "b", "c"].flatMap((name, i) => swinging(name, 1, 0.05, i));
  const hashOf = (K: Definitions[string], D: Definitions[string] = {}) =>
    run(judgingRequest(stats, { definitions: { K, D } })).data.summary.judge?.settings_hash;
  const hashes = [
    hashOf({}),
    hashOf({ kind: "ratio", numerator: "a", denominator: "b" }),
    hashOf({ kind: "ratio", numerator: "a", denominator: "c" }),
    hashOf({ kind: "ratio", numerator: "c", denominator: "b" }),
    hashOf({ kind: "rare_count" }),
    hashOf({ kind: "rare_count", exposure: "a" }),
    hashOf({ kind: "rare_count", exposure: "b" }),
    hashOf({}, { formula: "a + b" }),
    hashOf({}, { formula: "a - b" }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashOf({ numerator: "a", denominator: "b", exposure: "c" })).toBe(hashes[0]);
});

test("ratios of the same parts are measured once", () => {
  const names = ["K", "L", "M", "a", "b"];
  const stats = names.flatMap((name, i) => swinging(name, 1, 0.05, i));
  const ratio = { kind: "ratio", numerator: "a", denominator: "b" } as const;
  const definitions: Definitions = { K: ratio, L: ratio, M: { ...ratio, numerator: "b", denominator: "a" } };
  const answer = run(judgingRequest(stats, { definitions }));
  const [one, same, other] = ["K", "L", "M"].map((name) => pegOf(answer, name).judge);
  expect(same).toEqual(one);
  // What was found of one is that of the other, and no copy.
  expect(same?.dropped).toBe(one?.dropped);
  expect(other?.change_percent).not.toBe(one?.change_percent);
});
