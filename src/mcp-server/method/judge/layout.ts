import { expectedSlots, WEEK } from "./calendar.js";
import { type Grid, gridOf } from "./grid.js";
import type { Frame } from "./peg-input.js";
import type { Points } from "./points.js";
import type { Both } from "./samples-of.js";
import { clockChanges, type SlotReadings, sharedSlots } from "./shared-slots.js";

export type Design = "paired_by_week" | "paired_by_day" | "unpaired";

/** The samples of a PEG, or of its parts, slot by slot. Paired: the same number of slots on both sides. */
export interface Layout {
  design: Design;
  before: SlotReadings;
  after: SlotReadings;
  /** Slots that there should be. */
  expected: number;
  /** Slots in a day. */
  daily: number;
  clockChange: number;
  unmatched: number;
}

/** Lays out one or more timed series (a PEG, or numerators and denominators), joined by cell and slot. */
export function layOut(series: readonly Both<Points>[], frame: Frame): Layout {
  const { calendar, timelines, ranks, n1, n } = frame;
  const { slot, cycle } = calendar;
  const grids = {
    before: series.map(({ before }) => gridOf(before, timelines.before, ranks)),
    after: series.map(({ after }) => gridOf(after, timelines.after, ranks)),
  };
  const all = [...grids.before, ...grids.after];
  const clockChange = cycle ? all.reduce((sum, grid) => sum + clockChanges(grid), 0) : 0;
  const sides = cycle
    ? pairedSides(grids, ranks.length)
    : { before: sharedSlots(grids.before, ranks.length), after: sharedSlots(grids.after, ranks.length) };
  const total = series.reduce(
    (sum, { before, after }) => sum + before.values.length + after.values.length,
    0,
  );
  const used = [sides.before, sides.after]
    .flatMap(({ columns }) => columns)
    .reduce((sum, { sums, counts }) => sum + (counts ? totalOf(counts) : sums.length), 0);
  const [expected1, expected2] = [expectedSlots(n1, slot), expectedSlots(n, slot)];
  return {
    design: cycle === undefined ? "unpaired" : cycle === WEEK ? "paired_by_week" : "paired_by_day",
    ...sides,
    expected: Math.min(expected1, expected2),
    daily: Math.round((24 * 3_600_000) / slot),
    clockChange,
    unmatched: Math.max(0, total - used - clockChange),
  };
}

function pairedSides({ before, after }: Both<Grid[]>, cells: number): Both<SlotReadings> {
  const { starts, columns } = sharedSlots([...after, ...before], cells);
  return {
    after: { starts, columns: columns.slice(0, after.length) },
    before: { starts, columns: columns.slice(after.length) },
  };
}

function totalOf(counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] as number;
  return sum;
}
