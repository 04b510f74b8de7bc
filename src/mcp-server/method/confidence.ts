import type { Evidence } from "./data-quality.js";

const BEST = 0.85;

/**
 * The product's confidence, 0 to 0.85: fewer samples, more spread and extreme changes each lower it.
 *
 * @param changePercent percent of the absolute N-1 mean
 */
export function confidenceOf(evidence: Evidence, changePercent: number): number {
  return (
    BEST * countFactor(evidence.count) * spreadFactor(evidence.rsd) * sizeFactor(Math.abs(changePercent))
  );
}

function countFactor(count: number): number {
  if (count >= 10) return 1;
  if (count >= 5) return 0.9;
  return count >= 3 ? 0.8 : 0.6;
}

function spreadFactor(rsd: number): number {
  if (rsd <= 10) return 1;
  return rsd <= 30 ? 0.9 : 0.7;
}

function sizeFactor(change: number): number {
  if (change >= 50) return 0.8;
  return change >= 20 ? 0.9 : 1;
}
