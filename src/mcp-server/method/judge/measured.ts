import type { Interval } from "./estimate.js";
import type { Lack } from "./quality-gate.js";
import type { Variability } from "./variability.js";

export interface Dropped {
  reason: string;
  count: number;
}

/** What was found of one PEG before all PEGs are looked at together. Percentages are of the N-1 level. */
export interface Measured {
  design: string;
  scale: string;
  n: number;
  nEff: number;
  dropped: Dropped[];
  warnings: string[];
  /** Why there is no test. */
  lacking?: { reason: string; needed?: number; part?: string };
  /** Absent where something is lacking. Infinite from a level of 0. */
  effect?: { percent: number; p: number; interval(level: number): Interval };
  /** The probability that an N sample is the larger one. */
  larger?: number;
  shift?: number;
  variability?: Variability;
}

export function droppedOf(counts: Record<string, number>): Dropped[] {
  const dropped: Dropped[] = [];
  for (const reason of Object.keys(counts)) {
    const count = counts[reason] ?? 0;
    if (count > 0) dropped.push({ reason, count });
  }
  return dropped;
}

/** Told in the place of a test. */
export function withLack(measured: Measured, lack: Lack): Measured {
  const apart = lack.n === 0 && measured.dropped.some(({ reason }) => reason === "cell_in_one_period");
  return { ...measured, n: lack.n, lacking: apart ? { reason: "no_common_cells" } : lack };
}
