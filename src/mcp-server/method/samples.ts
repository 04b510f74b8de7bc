import type { Row } from "./rows.js";

/** The samples of one PEG in one period. */
export interface Samples {
  /** In input order. */
  values: number[];
  /** Rows that hold no value. */
  missing: number;
  /** Samples of a derived PEG that could not be computed; absent for measured ones. */
  dropped?: number;
  /** The cell of all samples; ALL_CELLS where they are of several; undefined without samples. */
  cell: string | undefined;
  /** The values, smallest first, once somebody has sorted them. */
  sorted?: Float64Array;
}

export const ALL_CELLS = "ALL";

export function joinCells(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || one === other) return other;
  return other === undefined ? one : ALL_CELLS;
}

/** The samples of a measured PEG; rows without a value are left out and counted. */
export function measuredSamples(stats: readonly Row[], indices: readonly number[]): Samples {
  const samples: Samples = { values: [], missing: 0, cell: undefined };
  for (const index of indices) {
    const row = stats[index] as Row;
    if (row.avg === null) {
      samples.missing++;
      continue;
    }
    samples.values.push(row.avg);
    if (samples.cell !== row.cell_id) samples.cell = joinCells(samples.cell, row.cell_id);
  }
  return samples;
}

/** Sorts once, whoever asks. */
export function sortedValues(samples: Samples): Float64Array {
  samples.sorted ??= Float64Array.from(samples.values).sort();
  return samples.sorted;
}
