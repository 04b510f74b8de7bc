import { expect, test } from "vitest";
import { overallSentence } from "../../../../src/mcp-server/method/judge/sentences.js";
import { pegOf } from "../../analysis-request.js";
import { type Definitions, hourly, judgingRequest } from "./hours.js";
import { run, swinging, WEEK } from "./judging.js";

/** A decline that percentages cannot tell: there were none before. */
const fromNone = (name: string) =>
  hourly(name, WEEK, (hour, period) => (period === "N" && hour % 3 === 0 ? 1 : 0));

test("the whole tells what it is made of where nothing can be weighed", () => {
  const neutral = run(
    judgingRequest(swinging("K", 1.2, 0.05), { definitions: { K: { direction: "neutral" } } }),
  );
  expect(neutral.data.summary.judge).toMatchObject({
    verdict: "inconclusive",
    reason: "nothing_weighed",
    sentence: {
      en: "Cannot tell: nothing can be weighed, neutral PEGs and changes from 0 being left out: 1 changed.",
      ko: "판단 불가: 중립 PEG와 0에서의 변화를 빼면 가중할 것이 없습니다: 변화 있음 1.",
    },
  });
  const definitions: Definitions = {
    ...{ K: { direction: "lower_is_better" }, L: { direction: "lower_is_better", kind: "rare_count" } },
    ...{ M: { direction: "neutral" } },
  };
  const stats = [...fromNone("K"), ...fromNone("L"), ...fromNone("M"), ...hourly("N", WEEK, () => undefined)];
  const answer = run(judgingRequest(stats, { definitions }));
  expect(answer.data.summary.judge?.sentence.en).toContain("left out: 2 declined, 1 changed.");
  expect(answer.data.summary.judge).not.toHaveProperty("weighted_change");

  const { judge } = pegOf(answer, "K");
  expect(judge).toMatchObject({ verdict: "declined", change_percent: null });
  expect(judge).not.toHaveProperty("interval");
  expect(judge?.sentence).toEqual({
    en: "Declined: its level before was 0, so there is no percentage; more than noise, and at least the band of 5 %.",
    ko: "저하: 이전 수준이 0이므로 백분율이 없습니다. 우연으로 보기 어렵고 허용 범위 5% 이상입니다.",
  });
  const rate = pegOf(answer, "L").judge;
  expect(rate?.interval).toEqual({ low: expect.any(Number), high: null });
  expect(rate?.sentence.en).toMatch(/so there is no percentage \(95 % interval \+\d+\.\d to \+∞ %\); more/);
});

test("the weighted change stands on its own side of the band, as it is written", () => {
  const about = { weighted: { percent: 1.97, low: 0.5, high: 3.44 }, tested: [], unweighed: [] };
  const { en, ko } = overallSentence("minor", "weighted_inside_band", about);
  expect(en).toContain("(+1.97 %, interval +0.5 to +3.4 %)");
  expect(ko).toContain("(+1.97%, 구간 +0.5 ~ +3.4%)");
});

test("the whole tells of what was judged and not weighed beside the weighted change", () => {
  const definitions: Definitions = { K: { direction: "lower_is_better" } };
  const answer = run(judgingRequest([...swinging("a", 1, 0.02, 5), ...fromNone("K")], { definitions }));
  expect(answer.data.summary.judge).toMatchObject({ verdict: "stable", reason: "weighted_equivalent" });
  expect(answer.data.summary.judge?.sentence.en).toMatch(/ %\); not weighed: 1 declined\.$/);
  expect(answer.data.summary.judge?.sentence.ko).toMatch(/%\)\. 가중 제외: 저하 1\.$/);
});

test("the whole is neither improved nor declined where no PEG is", () => {
  const minor = [...swinging("a", 1.03, 0.02), ...swinging("b", 1.04, 0.02, 2)];
  const directions: Definitions = {
    a: { direction: "lower_is_better" },
    b: { direction: "lower_is_better" },
  };
  expect(run(judgingRequest(minor)).data.summary.judge).toMatchObject({
    verdict: "minor",
    reason: "no_peg_improved",
    counts: { minor: 2, improved: 0 },
  });
  expect(run(judgingRequest(minor, { definitions: directions })).data.summary.judge).toMatchObject({
    verdict: "minor",
    reason: "no_peg_declined",
    sentence: {
      en: expect.stringContaining(
        "A minor change: the weighted change is more than noise, but no PEG declined by itself (-",
      ),
    },
  });
});
