import type { Level } from "./level.js";

/** How much one PEG's samples can carry. */
export interface Evidence {
  /** Mean of the RSD of both periods, percent. */
  rsd: number;
  /** Samples in the period that has fewer. */
  count: number;
}

/** @param n1 @param n RSD in percent and number of samples of each period */
export function evidenceOf(n1: Evidence, n: Evidence): Evidence {
  // Halves are added, not the sum halved: two RSDs near the largest double have no finite sum.
  return { rsd: n1.rsd / 2 + n.rsd / 2, count: Math.min(n1.count, n.count) };
}

export function dataQualityOf({ rsd, count }: Evidence): Level {
  if (rsd <= 10 && count >= 3) return "high";
  return rsd <= 30 ? "medium" : "low";
}
