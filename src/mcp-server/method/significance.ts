import type { Level } from "./level.js";

const HIGH_ABOVE = 20;
const MEDIUM_ABOVE = 10;

/**
 * How large a change is; it says nothing about chance.
 *
 * @param changePercent percent of the absolute N-1 mean
 */
export function significanceOf(changePercent: number): Level {
  const size = Math.abs(changePercent);
  if (size > HIGH_ABOVE) return "high";
  return size > MEDIUM_ABOVE ? "medium" : "low";
}
