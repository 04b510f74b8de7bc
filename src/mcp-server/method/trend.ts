import { RULE_BAND_PERCENT } from "../../contract/numbers.js";

export type Trend = "up" | "down" | "stable";

/** Smaller changes are stable. @param changePercent percent of the absolute N-1 mean */
export function trendOf(changePercent: number): Trend {
  if (Math.abs(changePercent) < RULE_BAND_PERCENT) return "stable";
  return changePercent > 0 ? "up" : "down";
}
