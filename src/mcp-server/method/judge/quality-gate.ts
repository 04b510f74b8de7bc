import type { Layout } from "./layout.js";
import { SETTINGS } from "./settings.js";
import { slotCountOf } from "./shared-slots.js";

export interface Lack {
  reason: string;
  /** How many more it takes. */
  needed: number;
}

/** @param n pairs, or samples of the smaller side. @param expected how many there should be, where that is known */
export function lackOf(n: number, expected: number | undefined): Lack | undefined {
  const covered = expected === undefined ? 0 : Math.ceil(SETTINGS.minCoverage * expected);
  if (n < SETTINGS.minPairs)
    return { reason: "too_few_samples", needed: Math.max(SETTINGS.minPairs, covered) - n };
  return n < covered ? { reason: "low_coverage", needed: covered - n } : undefined;
}

/** Of a layout: paired slots, or the side that covers less of its period. */
export function countOf({ before, after }: Pick<Layout, "before" | "after">): number {
  return Math.min(slotCountOf(before), slotCountOf(after));
}
