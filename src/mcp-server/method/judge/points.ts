import type { DerivedSamples } from "../derived.js";
import type { Row } from "../rows.js";
import { type Samples, sortedValues } from "../samples.js";
import { Cells } from "./cells.js";
import { Instants, UNTIMED } from "./instants.js";
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
  /** What the comparison is made of, where these are the same samples. */
  compared?: Samples;
}

/** A sample before its cell and instant are numbers. `time` is NaN where it has none. */
export type PlacedSamples = Pick<DerivedSamples, "values" | "cells" | "instants">;

/** In the place of a cell: the row is of no use, and why. */
const MISSING = 2 ** 32 - 1;
const SUSPECT = 2 ** 32 - 2;

/** Reads the points of one analysis. */
export class PointReader {
  readonly cells = new Cells();
  readonly instants: Both<Instants> = { before: new Instants(), after: new Instants() };
  /** Of each row its cell and its instant, side by side: one fetch from memory is enough. */
  readonly #places: Uint32Array;
  /** Memory for the points of all measured PEGs together: a block for each would take longer to get than to fill. */
  readonly #pool: Pick<Points, "values" | "cells" | "instants">;
  #pooled = 0;

  constructor(rows: number) {
    this.#places = new Uint32Array(2 * rows);
    this.#pool = emptyPoints(rows);
  }

  /** To be shown every row before its KPI is asked for. */
  visit(row: Row, index: number): void {
    if (row.suspect) this.#places[2 * index] = SUSPECT;
    else if (row.avg === null) this.#places[2 * index] = MISSING;
    else {
      const instants = row.period === "N-1" ? this.instants.before : this.instants.after;
      this.#places[2 * index] = this.cells.numberOf(row.cell_id);
      this.#places[2 * index + 1] = instants.numberOfText(row.timestamp);
    }
  }

  /** @param indices where the rows of one KPI and period stand in `stats`. @param samples what was made of the same */
  measured(stats: readonly Row[], indices: readonly number[], samples: Samples): Points {
    const { values, cells, instants } = this.#pool;
    const start = this.#pooled;
    const counts = { timed: true, suspect: 0, missing: 0 };
    let end = start;
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      const cell = this.#places[2 * index] as number;
      if (cell === SUSPECT) counts.suspect++;
      else if (cell === MISSING) counts.missing++;
      else {
        const instant = this.#places[2 * index + 1] as number;
        if (instant === UNTIMED) counts.timed = false;
        cells[end] = cell;
        instants[end++] = instant;
      }
    }
    const same = counts.suspect === 0;
    if (same) values.set(samples.values, start);
    else {
      const sound = indices.filter((index) => (this.#places[2 * index] as number) < SUSPECT);
      values.set(
        sound.map((index) => stats[index]?.avg as number),
        start,
      );
    }
    this.#pooled = end;
    return {
      values: values.subarray(start, end),
      cells: cells.subarray(start, end),
      instants: instants.subarray(start, end),
      ...counts,
      ...(same && { compared: samples }),
    };
  }

  /** @param compared the samples of the comparison, where they are the same */
  derived(samples: PlacedSamples, side: keyof Both<unknown>, compared?: Samples): Points {
    const { values, cells, instants: times } = samples;
    const instants = this.instants[side];
    const points = { ...emptyPoints(values.length), ...(compared && { compared }) };
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

/** The values, smallest first. */
export function sortedPoints({ values, compared }: Points): Float64Array {
  return compared ? sortedValues(compared) : values.slice().sort();
}
