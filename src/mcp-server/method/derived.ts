import type { Formula } from "./formula.js";
import type { Row } from "./rows.js";
import { joinCells, type Samples } from "./samples.js";
import { Slots } from "./slots.js";

/** Where each sample is from as well. */
export interface DerivedSamples extends Samples {
  cells: string[];
  instants: number[];
}

/**
 * The samples of a derived PEG in one period, in the order of the first PEG its formula names.
 *
 * A sample needs a value of each PEG for the same cell and timestamp (or position). Where a measurement is null it
 * counts as missing; where a PEG has no row, or a division by zero or an overflow leaves no number, as dropped.
 *
 * @param operands for each name of the formula, where its rows of this period stand in `stats`
 */
export function derivedSamples(
  stats: readonly Row[],
  formula: Formula,
  operands: readonly (readonly number[])[],
): DerivedSamples {
  const slots = new Slots();
  const columns = operands.map((indices) => {
    const column: (number | null | undefined)[] = [];
    slots.assign(stats, indices, (slot, row) => {
      column[slot] = row.avg;
    });
    return column;
  });

  const samples = {
    values: [] as number[],
    cells: [] as string[],
    instants: [] as number[],
    missing: 0,
    dropped: 0,
    cell: undefined as string | undefined,
  };
  const values: number[] = new Array(columns.length).fill(0);
  for (let slot = 0; slot < slots.cells.length; slot++) {
    const gap = readSlot(columns, slot, values);
    const value = gap ? Number.NaN : formula.evaluate(values);
    if (gap === "missing") samples.missing++;
    else if (Number.isNaN(value)) samples.dropped++;
    else {
      // Adding 0 turns -0, which JSON cannot tell, into 0.
      samples.values.push(value + 0);
      const cell = slots.cells[slot] as string;
      samples.cells.push(cell);
      samples.instants.push(slots.instants[slot] as number);
      samples.cell = joinCells(samples.cell, cell);
    }
  }
  return samples;
}

/** Copies one slot's values; tells what is in the way where there is not one of each PEG. */
function readSlot(
  columns: readonly (readonly (number | null | undefined)[])[],
  slot: number,
  values: number[],
): "missing" | "unmatched" | undefined {
  let gap: "missing" | "unmatched" | undefined;
  for (let index = 0; index < columns.length; index++) {
    const value = columns[index]?.[slot];
    if (typeof value === "number") values[index] = value;
    else if (value === undefined) return "unmatched";
    else gap = "missing";
  }
  return gap;
}
