import { describe, expect, test } from "vitest";
import { type Judged, summarize } from "../../../src/mcp-server/method/summary.js";
import { trendOf } from "../../../src/mcp-server/method/trend.js";

function judged(changePercent: number, over: Partial<Judged> = {}): Judged {
  return { weight: 5, direction: "higher_is_better", changePercent, trend: trendOf(changePercent), ...over };
}

describe("without directions", () => {
  test("up is improved, down is declined", () => {
    expect(summarize([judged(10), judged(6), judged(-7), judged(1), judged(-4.9)])).toMatchObject({
      total_pegs: 5,
      improved: 2,
      declined: 1,
      stable: 2,
    });
  });

  test("the average is weighted", () => {
    const summary = summarize([judged(20, { weight: 9 }), judged(-10, { weight: 1 })]);
    expect(summary.weighted_avg_change).toBe(17);
    expect(summary.overall_trend).toBe("improving");
  });
});

test.each([
  [2, "stable"],
  [2.0001, "improving"],
  [-2, "stable"],
  [-2.0001, "declining"],
  [0, "stable"],
] as const)("an average of %d percent is %s overall", (change, overall) => {
  expect(summarize([judged(change)]).overall_trend).toBe(overall);
});

describe("with directions", () => {
  test("a fall improves what should be low, and counts as positive", () => {
    const summary = summarize([judged(-30, { direction: "lower_is_better" })]);
    expect(summary).toEqual({
      total_pegs: 1,
      improved: 1,
      declined: 0,
      stable: 0,
      weighted_avg_change: 30,
      overall_trend: "improving",
    });
  });

  test("a rise declines what should be low", () => {
    const summary = summarize([judged(30, { direction: "lower_is_better" })]);
    expect(summary).toMatchObject({
      improved: 0,
      declined: 1,
      weighted_avg_change: -30,
      overall_trend: "declining",
    });
  });

  test("neutral PEGs are stable and have no share in the average", () => {
    const summary = summarize([judged(1000, { direction: "neutral", weight: 10 }), judged(-6)]);
    expect(summary).toMatchObject({
      total_pegs: 2,
      improved: 0,
      declined: 1,
      stable: 1,
      weighted_avg_change: -6,
    });
  });

  test("with neutral PEGs only the average is 0", () => {
    const summary = summarize([judged(50, { direction: "neutral" })]);
    expect(summary).toMatchObject({ stable: 1, weighted_avg_change: 0, overall_trend: "stable" });
  });
});

test("changes near the largest double have a finite average", () => {
  const summary = summarize([judged(1.5e308, { weight: 10 }), judged(1.7e308, { weight: 10 })]);
  expect(summary.weighted_avg_change).toBe(1.6e308);
});
