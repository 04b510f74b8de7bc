import type { ComparisonSummary } from "../../contract/comparison.js";
import { OVERALL_BAND_PERCENT } from "../../contract/numbers.js";
import { ExactSum } from "./exact-sum.js";
import type { Direction } from "./pegs.js";
import type { Trend } from "./trend.js";

/** What the summary needs to know of one compared PEG. */
export interface Judged {
  weight: number;
  direction: Direction;
  /** Percent of the absolute N-1 mean. */
  changePercent: number;
  trend: Trend;
}

/** Keeps the exact sum of weighted changes within a double, whatever the changes. */
const DOWN = 2 ** -64;

/** The summary over all compared PEGs; neutral ones count as stable and have no share in the average. */
export function summarize(pegs: readonly Judged[]): ComparisonSummary {
  const judged = pegs.filter((peg) => peg.direction !== "neutral");
  const improved = judged.filter(
    (peg) => peg.trend === (peg.direction === "higher_is_better" ? "up" : "down"),
  );
  const stable = pegs.length - judged.length + judged.filter((peg) => peg.trend === "stable").length;
  const average = weightedAverage(judged);
  return {
    total_pegs: pegs.length,
    improved: improved.length,
    declined: pegs.length - stable - improved.length,
    stable,
    weighted_avg_change: average,
    overall_trend: trendOf(average),
  };
}

/** Of the whole, by the weighted average, in percent. */
function trendOf(average: number): ComparisonSummary["overall_trend"] {
  if (average > OVERALL_BAND_PERCENT) return "improving";
  return average < -OVERALL_BAND_PERCENT ? "declining" : "stable";
}

/** Sum of weight * change over sum of weights, a change for the better being positive; 0 without PEGs. */
function weightedAverage(pegs: readonly Judged[]): number {
  const reach = pegs.reduce((most, peg) => Math.max(most, Math.abs(peg.changePercent)), 0);
  const scale = reach >= 2 ** 960 ? DOWN : 1;
  const sum = new ExactSum();
  let weights = 0;
  for (const { changePercent, direction, weight } of pegs) {
    sum.addTimes((direction === "lower_is_better" ? -changePercent : changePercent) * scale, weight);
    weights += weight;
  }
  return weights === 0 ? 0 : sum.value() / weights / scale + 0;
}
