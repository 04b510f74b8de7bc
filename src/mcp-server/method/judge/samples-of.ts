import type { Points } from "./points.js";

/** Both periods of one PEG. */
export interface Both<T> {
  before: T;
  after: T;
}

/** Leaves out the cells that are there in one period only: what they measure did not change, it came or went. */
export function commonCells({ before, after }: Both<Points>): { points: Both<Points>; dropped: number } {
  const [n1, n] = [new Set(before.cells), new Set(after.cells)];
  const keep = (points: Points, others: ReadonlySet<string>): Points => {
    if (points.cells.every((cell) => others.has(cell))) return points;
    const kept: Points = { ...points, values: [], cells: [], instants: [] };
    for (const [i, cell] of points.cells.entries()) {
      if (!others.has(cell)) continue;
      kept.values.push(points.values[i] as number);
      kept.cells.push(cell);
      kept.instants.push(points.instants[i] as number);
    }
    return kept;
  };
  const points = { before: keep(before, n), after: keep(after, n1) };
  const left = points.before.values.length + points.after.values.length;
  return { points, dropped: before.values.length + after.values.length - left };
}

/** Whether every sample has a time; in part timed counts as not timed. */
export function isTimed({ before, after }: Both<Points>): boolean {
  return ![before, after].some(({ instants }) => instants.some(Number.isNaN));
}
