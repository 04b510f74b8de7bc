export type Trend = "up" | "down" | "stable";

/** Smaller changes, in percent, are stable. */
const STABLE_BELOW = 5;

/** @param changePercent percent of the absolute N-1 mean */
export function trendOf(changePercent: number): Trend {
  if (Math.abs(changePercent) < STABLE_BELOW) return "stable";
  return changePercent > 0 ? "up" : "down";
}
