import { expectedSlots, slotNumber, WEEK } from "./calendar.js";
import { type Grid, gridOf } from "./grid.js";
import { clockChanges, type SlotReadings, sharedSlots } from "./paired-slots.js";
import type { Frame } from "./peg-input.js";
import type { Points } from "./points.js";
import type { Both } from "./samples-of.js";

export type Design = "paired_by_week" | "paired_by_day" | "unpaired";

/** The samples of a PEG, or of its parts, slot by slot. Paired: the same number of slots on both sides. */
export interface Layout {
  design: Design;
  before: SlotReadings[];
  after: SlotReadings[];
  /** Slots that there should be. */
  expected: number;
  /** Slots in a day. */
  daily: number;
  clockChange: number;
  unmatched: number;
}

/** Lays out one or more timed series (a PEG, or numerators and denominators), joined by cell and slot. */
export function layOut(series: readonly Both<Points>[], { calendar, n1, n }: Frame): Layout {
  const { slot, cycle, zone } = calendar;
  const wall = (instant: number): number => instant + zone.offsetAt(instant);
  const floored = (instant: number): number => Math.floor(wall(instant) / slot) * slot;
  const [start1, start] = [floored(n1.start), floored(n.start)];
  const numberer = (from: number) => (instant: number) => {
    const offset = zone.offsetAt(instant);
    const number = cycle
      ? slotNumber(instant + offset, from, start, slot, cycle)
      : Math.floor(instant / slot);
    return { slot: number, offset };
  };
  const grids = {
    before: series.map(({ before }) => gridOf(before, numberer(start1))),
    after: series.map(({ after }) => gridOf(after, numberer(start))),
  };
  const all = [...grids.before, ...grids.after];
  const clockChange = cycle ? all.reduce((sum, grid) => sum + clockChanges(grid), 0) : 0;
  const sides = cycle
    ? pairedSides(grids)
    : { before: sharedSlots(grids.before), after: sharedSlots(grids.after) };
  const total = series.reduce(
    (sum, { before, after }) => sum + before.values.length + after.values.length,
    0,
  );
  const used = [...sides.before, ...sides.after].flat(2).reduce((sum, { count }) => sum + count, 0);
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

function pairedSides({ before, after }: Both<Grid[]>): Both<SlotReadings[]> {
  const shared = sharedSlots([...after, ...before]);
  return {
    after: shared.map((grids) => grids.slice(0, after.length)),
    before: shared.map((grids) => grids.slice(after.length)),
  };
}
