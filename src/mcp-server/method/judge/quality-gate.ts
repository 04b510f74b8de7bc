import type { Layout } from "./layout.js";
import type { Both } from "./samples-of.js";
import { SETTINGS } from "./settings.js";
import { slotCountOf } from "./shared-slots.js";

export interface Lack {
  reason: string;
  /** How many there are on the side that lacks more. */
  n: number;
  /** How many more it takes. */
  needed: number;
}

/**
 * What the side lacks that lacks more.
 *
 * @param usable slots or samples of each side. @param expected how many there should be, where that is known
 * @param least that each side needs in any case
 */
export function lackOf(
  usable: Both<number>,
  expected: Both<number> | undefined,
  least: number = SETTINGS.minPairs,
): Lack | undefined {
  const [before, after] = (["before", "after"] as const).map((side) =>
    lackOfSide(usable[side], expected?.[side], least),
  );
  if (!before || !after) return before ?? after;
  if (before.reason !== after.reason) return before.reason === "too_few_samples" ? before : after;
  return after.needed > before.needed ? after : before;
}

function lackOfSide(n: number, expected: number | undefined, least: number): Lack | undefined {
  const covered = expected === undefined ? 0 : Math.ceil(SETTINGS.minCoverage * expected);
  if (n < least) return { reason: "too_few_samples", n, needed: Math.max(least, covered) - n };
  return n < covered ? { reason: "low_coverage", n, needed: covered - n } : undefined;
}

/** Slots that can be used, side by side. */
export function usableOf({ before, after }: Pick<Layout, "before" | "after">): Both<number> {
  return { before: slotCountOf(before), after: slotCountOf(after) };
}
