import { UNTIMED } from "./instants.js";
import { emptyPoints, firstOf, type Points } from "./points.js";

/** Both periods of one PEG. */
export interface Both<T> {
  before: T;
  after: T;
}

/** Leaves out the cells that are there in one period only: what they measure did not change, it came or went. */
export function commonCells({ before, after }: Both<Points>): { points: Both<Points>; dropped: number } {
  const one = onlyOne(before.cells);
  if (one !== undefined && one === onlyOne(after.cells)) return { points: { before, after }, dropped: 0 };
  const [n1, n] = [distinct(before.cells), distinct(after.cells)];
  const points = { before: within(before, n1, n), after: within(after, n, n1) };
  const left = points.before.values.length + points.after.values.length;
  return { points, dropped: before.values.length + after.values.length - left };
}

/** The cell of all samples, where they are of one: then there are no sets to be made. */
function onlyOne(cells: Uint32Array): number | undefined {
  const [first] = cells;
  for (let i = 1; i < cells.length; i++) if (cells[i] !== first) return undefined;
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

function within(points: Points, own: ReadonlySet<number>, others: ReadonlySet<number>): Points {
  if ([...own].every((cell) => others.has(cell))) return points;
  const { values, cells, instants, suspect, missing } = points;
  const kept: Points = { ...emptyPoints(values.length), suspect, missing };
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const cell = cells[i] as number;
    if (!others.has(cell)) continue;
    kept.values[count] = values[i] as number;
    kept.cells[count] = cell;
    kept.instants[count++] = instants[i] as number;
    if (instants[i] === UNTIMED) kept.timed = false;
  }
  return firstOf(kept, count);
}

/** Whether every sample has a time. */
export function isTimed({ before, after }: Both<Points>): boolean {
  return before.timed && after.timed;
}
