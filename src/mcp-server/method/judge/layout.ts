import { DAY, expectedSlots, sharedSlotCount, slotFor, WEEK } from "./calendar.js";
import type { Frame } from "./frame.js";
import { type Grid, gridOf, readAt } from "./grid.js";
import type { Points } from "./points.js";
import type { Both } from "./samples-of.js";
import { clockChanges, type SlotReadings, sharedSlots } from "./shared-slots.js";

export type Design = "paired_by_week" | "paired_by_day" | "unpaired";

/** The samples of a PEG, or of its parts, slot by slot. Paired: the same number of slots on both sides. */
export interface Layout {
  design: Design;
  before: SlotReadings;
  after: SlotReadings;
  /** Slots that there should be: paired, those that both periods have. */
  expected: Both<number>;
  /** Whether samples tell how far apart they are; if not, how many there should be is a guess. */
  spaced: boolean;
  /** Slots in a day, and the place of each on its day. */
  daily: number;
  placesOfDay: Both<Uint32Array>;
  clockChange: number;
  unmatched: number;
}

/**
 * Lays out one or more timed series (a PEG, or numerators and denominators), joined by cell and slot.
 *
 * @param pairs whether the slots of the two periods are paired as well, where they can be
 */
export function layOut(series: readonly Both<Points>[], frame: Frame, pairs = true): Layout {
  const { spans, ranks } = frame;
  const gap = frame.pace.gapOf(series);
  const slot = slotFor(gap);
  const { calendar, timelines } = frame.scheduleOf(slot, pairs);
  const { zone, cycle } = calendar;
  const grids = {
    before: series.map(({ before }) => gridOf(before, timelines.before, ranks)),
    after: series.map(({ after }) => gridOf(after, timelines.after, ranks)),
  };
  const all = [...grids.before, ...grids.after];
  const clockChange = cycle ? all.reduce((sum, grid) => sum + clockChanges(grid), 0) : 0;
  const sides = cycle ? pairedSides(grids, ranks.length) : unpairedSides(grids, ranks.length);
  const total = series.reduce(
    (sum, { before, after }) => sum + before.values.length + after.values.length,
    0,
  );
  const used = [sides.before, sides.after]
    .flatMap(({ columns }) => columns)
    .reduce((sum, { sums, counts }) => sum + (counts ? totalOf(counts) : sums.length), 0);
  // Rows may be weeks apart, and no slot is.
  const every = Math.max(slot, gap ?? slot);
  const shared = cycle && Math.round((sharedSlotCount(spans, zone, slot, cycle) * slot) / every);
  const after = readAt(timelines.after.placesOfDay, sides.after.slots);
  return {
    design: cycle === undefined ? "unpaired" : cycle === WEEK ? "paired_by_week" : "paired_by_day",
    ...sides,
    expected: {
      before: shared ?? expectedSlots(spans.before, every),
      after: shared ?? expectedSlots(spans.after, every),
    },
    spaced: gap !== undefined,
    daily: DAY / slot,
    placesOfDay: { before: cycle ? after : readAt(timelines.before.placesOfDay, sides.before.slots), after },
    clockChange,
    unmatched: Math.max(0, total - used - clockChange),
  };
}

function pairedSides({ before, after }: Both<Grid[]>, cells: number): Both<SlotReadings> {
  const { columns, ...slots } = sharedSlots([...after, ...before], cells, after.length);
  return {
    after: { ...slots, columns: columns.slice(0, after.length) },
    before: { ...slots, columns: columns.slice(after.length) },
  };
}

function unpairedSides({ before, after }: Both<Grid[]>, cells: number): Both<SlotReadings> {
  return {
    before: sharedSlots(before, cells, before.length),
    after: sharedSlots(after, cells, after.length),
  };
}

function totalOf(counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] as number;
  return sum;
}
