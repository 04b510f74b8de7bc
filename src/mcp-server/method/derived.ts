import type { Formula } from "./formula.js";
import { meanOf } from "./moments.js";
import type { KpiRows, Row } from "./rows.js";
import { joinCells, type Samples } from "./samples.js";
import { type Assigned, Slots } from "./slots.js";

/** Where each sample is from as well. */
export interface DerivedSamples extends Samples {
  cells: string[];
  instants: number[];
}

/** What one KPI measured in one period: a value of each of its slots, NaN where it is missing. */
interface Column {
  slots: readonly number[];
  values: Float64Array;
}

interface Operand {
  all: Column;
  /** Of rows that are not flagged; the same as `all` where none is. */
  sound: Column;
  /** Flagged rows. */
  suspect: number;
}

/** One derived PEG in one period. */
export interface Derivation {
  /** Of all rows. */
  samples: DerivedSamples;
  /** Of rows that are not flagged; the same object where none is. */
  sound: DerivedSamples;
  /** Flagged rows of the PEGs that its formula names. */
  suspect: number;
}

const NO_ROWS: Column = { slots: [], values: new Float64Array(0) };
/** In the place of a place. */
const NOT_SHARED = -1;
const ABSENT: Operand = { all: NO_ROWS, sound: NO_ROWS, suspect: 0 };

/**
 * Computes derived PEGs in one period. Many formulas may name the same PEGs: the rows of each are read once.
 *
 * A sample needs a value of each PEG for the same cell and timestamp (or position). Of several rows of one PEG, cell
 * and timestamp the mean is taken. Where all measurements are null the sample counts as missing; where a PEG has no
 * row, or a division by zero or an overflow leaves no number, as dropped.
 */
export class Deriver {
  readonly #stats: readonly Row[];
  readonly #groups: ReadonlyMap<string, KpiRows>;
  readonly #period: keyof KpiRows;
  readonly #slots = new Slots();
  readonly #operands = new Map<string, Operand>();
  /** Of each slot the join that met it last, how many of its PEGs have it, and its place among the samples. */
  readonly #joinOf: number[] = [];
  readonly #metBy: number[] = [];
  readonly #placeOf: number[] = [];
  #joins = 0;

  constructor(stats: readonly Row[], groups: ReadonlyMap<string, KpiRows>, period: keyof KpiRows) {
    this.#stats = stats;
    this.#groups = groups;
    this.#period = period;
  }

  /** The samples of a formula, in the order of the first PEG it names. */
  derive(formula: Formula): Derivation {
    const operands = formula.names.map((name) => this.#operand(name));
    const suspect = operands.reduce((sum, operand) => sum + operand.suspect, 0);
    const samples = this.#join(
      formula,
      operands.map(({ all }) => all),
    );
    // A flagged row keeps its place: without times, those after it are told by their position.
    const sound =
      suspect === 0
        ? samples
        : this.#join(
            formula,
            operands.map((operand) => operand.sound),
          );
    return { samples, sound, suspect };
  }

  #operand(name: string): Operand {
    let operand = this.#operands.get(name);
    if (!operand) {
      const indices = this.#groups.get(name)?.[this.#period];
      operand = indices ? readOperand(this.#stats, indices, this.#slots) : ABSENT;
      this.#operands.set(name, operand);
    }
    return operand;
  }

  #join(formula: Formula, columns: readonly Column[]): DerivedSamples {
    const { slots, union } = this.#shared(columns);
    const table = columns.map((column) => this.#valuesAt(column, slots.length));
    const samples = {
      values: [] as number[],
      cells: [] as string[],
      instants: [] as number[],
      missing: 0,
      dropped: union - slots.length,
      cell: undefined as string | undefined,
    };
    const values: number[] = new Array(columns.length).fill(0);
    for (let place = 0; place < slots.length; place++) {
      let missing = false;
      for (let i = 0; i < values.length; i++) {
        const value = table[i]?.[place] as number;
        values[i] = value;
        if (Number.isNaN(value)) missing = true;
      }
      const value = missing ? Number.NaN : formula.evaluate(values);
      if (missing) samples.missing++;
      else if (Number.isNaN(value)) samples.dropped++;
      else {
        const slot = slots[place] as number;
        // Adding 0 turns -0, which JSON cannot tell, into 0.
        samples.values.push(value + 0);
        const cell = this.#slots.cells[slot] as string;
        samples.cells.push(cell);
        samples.instants.push(this.#slots.instants[slot] as number);
        if (samples.cell !== cell) samples.cell = joinCells(samples.cell, cell);
      }
    }
    return samples;
  }

  /** The slots that all columns have, in the order of the first, and how many any has. */
  #shared(columns: readonly Column[]): { slots: number[]; union: number } {
    const join = ++this.#joins;
    for (let slot = this.#joinOf.length; slot < this.#slots.cells.length; slot++) {
      this.#joinOf.push(0);
      this.#metBy.push(0);
      this.#placeOf.push(0);
    }
    let union = 0;
    for (const { slots } of columns) {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i] as number;
        if (this.#joinOf[slot] !== join) {
          this.#joinOf[slot] = join;
          this.#metBy[slot] = 0;
          this.#placeOf[slot] = NOT_SHARED;
          union++;
        }
        this.#metBy[slot] = (this.#metBy[slot] as number) + 1;
      }
    }
    const shared: number[] = [];
    for (const slot of columns[0]?.slots ?? [])
      if (this.#metBy[slot] === columns.length) this.#placeOf[slot] = shared.push(slot) - 1;
    return { slots: shared, union };
  }

  /** The values of one of the columns whose shared slots were found last, in these. */
  #valuesAt({ slots, values }: Column, count: number): Float64Array {
    const shared = new Float64Array(count);
    for (let i = 0; i < slots.length; i++) {
      const place = this.#placeOf[slots[i] as number] as number;
      if (place !== NOT_SHARED) shared[place] = values[i] as number;
    }
    return shared;
  }
}

function readOperand(stats: readonly Row[], indices: readonly number[], slots: Slots): Operand {
  const assigned = slots.assign(stats, indices);
  const all = columnOf(stats, indices, assigned, () => true);
  const suspect = indices.reduce((sum, index) => sum + (stats[index]?.suspect ? 1 : 0), 0);
  const sound = suspect === 0 ? all : columnOf(stats, indices, assigned, (row) => !row.suspect);
  return { all, sound, suspect };
}

/** Of the rows that count: a slot that has none of them is left out. */
function columnOf(
  stats: readonly Row[],
  indices: readonly number[],
  { slots, places }: Assigned,
  counts: (row: Row) => boolean,
): Column {
  const values = new Float64Array(slots.length).fill(Number.NaN);
  const found = new Uint8Array(slots.length);
  const several = new Map<number, number[]>();
  for (let i = 0; i < indices.length; i++) {
    const row = stats[indices[i] as number] as Row;
    if (!counts(row)) continue;
    const place = places[i] as number;
    found[place] = 1;
    if (row.avg === null) continue;
    if (Number.isNaN(values[place])) {
      values[place] = row.avg;
      continue;
    }
    const list = several.get(place) ?? [values[place] as number];
    list.push(row.avg);
    several.set(place, list);
  }
  for (const [place, list] of several) values[place] = meanOf(list);
  if (!found.includes(0)) return { slots, values };
  return {
    slots: slots.filter((_, place) => found[place]),
    values: values.filter((_, place) => found[place]),
  };
}
