import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { JUDGE_CODES } from "../../src/dashboard/comparison/judge-codes.js";
import { formatSpan } from "../../src/dashboard/format/times.js";
import { unitOf } from "../../src/dashboard/format/units.js";
import { readClaims } from "../../src/dashboard/session/claims.js";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: unknown) => `${encode({ alg: "HS256" })}.${encode(claims)}.c2ln`;

describe("a token", () => {
  test("tells whose it is and when it ends, names of any script included", () => {
    expect(readClaims(token({ sub: "민지 ✓", exp: 1_700_000_000 }))).toEqual({
      sub: "민지 ✓",
      expiresAt: new Date("2023-11-14T22:13:20Z"),
    });
  });

  test.each(["", "abc", "a.b", "a.b.c", "a.!!.c", token({ exp: 1 }), token("alice"), token(null)])(
    "is not %j",
    (text) => {
      expect(readClaims(text)).toBeUndefined();
    },
  );
});

describe("the unit of a PEG", () => {
  test.each([
    ["DL_Throughput_Mbps", undefined, "Mbit/s"],
    ["RSRP_dBm", {}, "dBm"],
    ["Latency", { unit: "ms" }, "ms"],
    ["ERAB_Drop_Rate", {}, ""],
    ["ms", undefined, ""],
    ["Latency_ms", { unit: "s" }, "s"],
  ])("of %s, defined as %j, is %j", (name, definition, unit) => {
    expect(unitOf(name, definition)).toBe(unit);
  });
});

describe("a period", () => {
  const at = (text: string) => new Date(`2024-01-${text}Z`);
  test.each([
    ["01T00:00:00", "07T23:59:59", "2024-01-01 – 2024-01-07"],
    ["01T00:00:00", "01T23:00:00", "2024-01-01"],
    ["01T08:30:00", "01T10:00:00", "2024-01-01 08:30 – 2024-01-01 10:00"],
  ])("from %s to %s reads %s", (start, end, text) => {
    expect(formatSpan(at(start), at(end))).toBe(text);
  });
});

test("each warning that the judge may give is told in words", () => {
  const folder = fileURLToPath(new URL("../../src/mcp-server/method/judge/", import.meta.url));
  const text = readdirSync(folder)
    .map((name) => readFileSync(folder + name, "utf8"))
    .join("\n");
  const lists = [...text.matchAll(/\bwarnings: [^\n]*/g), ...text.matchAll(/\basLevel\([^)]*\)/g)];
  const warnings = lists.flatMap(([line]) =>
    [...line.matchAll(/"([a-z_]{8,})"/g)].map(([, code = ""]) => code),
  );
  expect(warnings).toEqual(
    expect.arrayContaining(["ratio_not_pooled", "no_timestamps", "exposure_is_samples"]),
  );
  expect(warnings.filter((code) => code !== "unpaired" && !(code in JUDGE_CODES))).toEqual([]);
});
