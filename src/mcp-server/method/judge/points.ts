import type { DerivedSamples } from "../derived.js";
import type { Row } from "../rows.js";
import { ALL_CELLS, measuredSamples, type Samples, sortedValues } from "../samples.js";
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

/** A row in memory: a double, and two whole numbers behind it. A point is the same, in columns. */
const ROW_BYTES = 16;
const POINT_BYTES = 16;
const VALUES_PER_ROW = 2;
const PLACES_PER_ROW = 4;
const CELL = 2;

/** That of the largest analysis so far: new memory takes longer to get than to fill. A request's size bounds it. */
let kept: ArrayBuffer | undefined;

function borrow(bytes: number): ArrayBuffer {
  const memory = kept !== undefined && kept.byteLength >= bytes ? kept : new ArrayBuffer(bytes);
  kept = undefined;
  return memory;
}

function giveBack(memory: ArrayBuffer): void {
  if (kept === undefined || kept.byteLength < memory.byteLength) kept = memory;
}

/** Reads the points of one analysis. */
export class PointReader {
  readonly cells = new Cells();
  readonly instants: Both<Instants> = { before: new Instants(), after: new Instants() };
  /** Of each row its value, its cell and its instant, side by side: one fetch from memory is enough. */
  readonly #values: Float64Array;
  readonly #places: Uint32Array;
  /** Memory for the points of all measured PEGs together: a block for each would take longer to get than to fill. */
  readonly #pool: Pick<Points, "values" | "cells" | "instants">;
  #pooled = 0;

  readonly #memory: ArrayBuffer;

  constructor(rows: number) {
    this.#memory = borrow(rows * (ROW_BYTES + POINT_BYTES));
    this.#values = new Float64Array(this.#memory, 0, rows * VALUES_PER_ROW);
    this.#places = new Uint32Array(this.#memory, 0, rows * PLACES_PER_ROW);
    const values = new Float64Array(this.#memory, rows * ROW_BYTES, rows);
    const cells = new Uint32Array(this.#memory, values.byteOffset + values.byteLength, rows);
    this.#pool = {
      values,
      cells,
      instants: new Uint32Array(this.#memory, cells.byteOffset + cells.byteLength, rows),
    };
  }

  /** To be called once none of the points is looked at any more. */
  close(): void {
    giveBack(this.#memory);
  }

  /** To be shown every row before its KPI is asked for. */
  visit(row: Row, index: number): void {
    const place = index * PLACES_PER_ROW + CELL;
    if (row.suspect) this.#places[place] = SUSPECT;
    else if (row.avg === null) this.#places[place] = MISSING;
    else {
      const instants = row.period === "N-1" ? this.instants.before : this.instants.after;
      this.#values[index * VALUES_PER_ROW] = row.avg;
      this.#places[place] = this.cells.numberOf(row.cell_id);
      this.#places[place + 1] = instants.numberOfText(row.timestamp);
    }
  }

  /**
   * The samples of one KPI and period: as the comparison takes them, and as points.
   *
   * @param indices where its rows stand in `stats`
   */
  measured(stats: readonly Row[], indices: readonly number[]): { samples: Samples; points: Points } {
    const { values, cells, instants } = this.#pool;
    const start = this.#pooled;
    const counts = { timed: true, suspect: 0, missing: 0 };
    const list: number[] = [];
    let end = start;
    let several = false;
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] as number;
      const place = index * PLACES_PER_ROW + CELL;
      const cell = this.#places[place] as number;
      if (cell === SUSPECT) counts.suspect++;
      else if (cell === MISSING) counts.missing++;
      else {
        const value = this.#values[index * VALUES_PER_ROW] as number;
        const instant = this.#places[place + 1] as number;
        if (instant === UNTIMED) counts.timed = false;
        if (cell !== cells[start] && end > start) several = true;
        list.push(value);
        values[end] = value;
        cells[end] = cell;
        instants[end++] = instant;
      }
    }
    this.#pooled = end;
    const same = counts.suspect === 0;
    const one = end > start ? this.cells.names[cells[start] as number] : undefined;
    // Flagged samples are compared all the same.
    const samples = same
      ? { values: list, missing: counts.missing, cell: several ? ALL_CELLS : one }
      : measuredSamples(stats, indices);
    const points = {
      values: values.subarray(start, end),
      cells: cells.subarray(start, end),
      instants: instants.subarray(start, end),
      ...counts,
      ...(same && { compared: samples }),
    };
    return { samples, points };
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
