import { UNTIMED } from "./instants.js";
import { emptyPoints, firstOf, type Points } from "./points.js";

/** Both periods of one PEG. */
export interface Both<T> {
  before: T;
  after: T;
}

/**
 * Leaves out the cells that are there in one period only: what they measure did not change, it came or went. Of several
 * series, such as numerators and denominators, a cell is there in a period that has it in each of them.
 */
export function commonCells(given: readonly Both<Points>[]): { series: Both<Points>[]; dropped: number } {
  if (isOfOneCell(given)) return { series: [...given], dropped: 0 };
  const [n1, n] = [
    cellsInEach(given.map(({ before }) => before)),
    cellsInEach(given.map(({ after }) => after)),
  ];
  const outside = new Set([...n1].filter((cell) => !n.has(cell)));
  for (const cell of n) if (!n1.has(cell)) outside.add(cell);
  if (outside.size === 0) return { series: [...given], dropped: 0 };
  const series = given.map(({ before, after }) => ({
    before: without(before, outside),
    after: without(after, outside),
  }));
  return { series, dropped: sizeOf(given) - sizeOf(series) };
}

/** Whether all samples are of the same cell: then there are no sets to be made. */
function isOfOneCell(series: readonly Both<Points>[]): boolean {
  const one = series[0]?.before.cells[0];
  if (one === undefined) return false;
  for (const { before, after } of series)
    if (onlyOne(before.cells) !== one || onlyOne(after.cells) !== one) return false;
  return true;
}

function sizeOf(series: readonly Both<Points>[]): number {
  return series.reduce((sum, { before, after }) => sum + before.values.length + after.values.length, 0);
}

/** The cell of all samples, where they are of one. */
function onlyOne(cells: Uint32Array): number | undefined {
  const [first] = cells;
  for (let i = 1; i < cells.length; i++) if (cells[i] !== first) return undefined;
  return first;
}

function cellsInEach(all: readonly Points[]): Set<number> {
  const [first = new Set<number>(), ...others] = all.map(({ cells }) => distinct(cells));
  for (const other of others) for (const cell of first) if (!other.has(cell)) first.delete(cell);
  return first;
}

function distinct(cells: Uint32Array): Set<number> {
  const found = new Set<number>();
  let last = -1;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number;
    if (cell !== last) found.add(cell);
    last = cell;
  }
  return found;
}

function without(points: Points, outside: ReadonlySet<number>): Points {
  const { values, cells, instants, suspect, missing } = points;
  const kept: Points = { ...emptyPoints(values.length), suspect, missing };
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const cell = cells[i] as number;
    if (outside.has(cell)) continue;
    kept.values[count] = values[i] as number;
    kept.cells[count] = cell;
    kept.instants[count++] = instants[i] as number;
    if (instants[i] === UNTIMED) kept.timed = false;
  }
  return count === values.length ? points : firstOf(kept, count);
}

/** Whether every sample has a time. */
export function isTimed({ before, after }: Both<Points>): boolean {
  return before.timed && after.timed;
}
