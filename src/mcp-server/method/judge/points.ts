import type { DerivedSamples } from "../derived.js";
import type { Row } from "../rows.js";
import { Cells } from "./cells.js";
import { Instants, UNTIMED } from "./instants.js";
import { TimeReader } from "./read-time.js";
import type { Both } from "./samples-of.js";

/** The usable samples of one PEG in one period, by columns. */
export interface Points {
  values: Float64Array;
  /** Numbers of cells and instants. */
  cells: Uint32Array;
  instants: Uint32Array;
  /** Whether every sample has a time; in part timed counts as not timed. */
  timed: boolean;
  /** Samples that were flagged, and those that were null. */
  suspect: number;
  missing: number;
  /** The values, smallest first, once somebody has sorted them. */
  sorted?: Float64Array | undefined;
}

/** A sample before its cell and instant are numbers. `time` is NaN where it has none. */
export type PlacedSamples = Pick<DerivedSamples, "values" | "cells" | "instants">;

/** Reads the points of one analysis. */
export class PointReader {
  readonly cells = new Cells();
  readonly instants: Both<Instants> = { before: new Instants(), after: new Instants() };
  readonly #times = new TimeReader();

  /** @param indices where the rows of one KPI and period stand in `stats` */
  measured(stats: readonly Row[], indices: readonly number[], side: keyof Both<unknown>): Points {
    const instants = this.instants[side];
    const points = emptyPoints(indices.length);
    let count = 0;
    for (let i = 0; i < indices.length; i++) {
      const row = stats[indices[i] as number] as Row;
      if (row.suspect) points.suspect++;
      else if (row.avg === null) points.missing++;
      else {
        const { timestamp } = row;
        const instant = timestamp === undefined ? UNTIMED : instants.numberOf(this.#times.read(timestamp));
        if (instant === UNTIMED) points.timed = false;
        points.values[count] = row.avg;
        points.cells[count] = this.cells.numberOf(row.cell_id);
        points.instants[count++] = instant;
      }
    }
    return count === indices.length ? points : firstOf(points, count);
  }

  derived({ values, cells, instants: times }: PlacedSamples, side: keyof Both<unknown>): Points {
    const instants = this.instants[side];
    const points = emptyPoints(values.length);
    for (let i = 0; i < values.length; i++) {
      const instant = instants.numberOf(times[i] as number);
      if (instant === UNTIMED) points.timed = false;
      points.values[i] = values[i] as number;
      points.cells[i] = this.cells.numberOf(cells[i] as string);
      points.instants[i] = instant;
    }
    return points;
  }
}

export function emptyPoints(length: number): Points {
  return {
    values: new Float64Array(length),
    cells: new Uint32Array(length),
    instants: new Uint32Array(length),
    timed: true,
    suspect: 0,
    missing: 0,
  };
}

export function firstOf(points: Points, count: number): Points {
  return {
    ...points,
    values: points.values.subarray(0, count),
    cells: points.cells.subarray(0, count),
    instants: points.instants.subarray(0, count),
  };
}

export function sortedValues(points: Points): Float64Array {
  points.sorted ??= points.values.slice().sort();
  return points.sorted;
}
