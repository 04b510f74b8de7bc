import { orderByKey } from "./dense.js";
import type { Points } from "./points.js";
import { scratchFloats, scratchWhole } from "./scratch.js";
import type { Timeline } from "./timeline.js";

/** What each cell measured in each slot: one reading of a key, in order of keys. */
export interface Grid {
  /** slot * number of cells + place of the cell by name. */
  keys: Float64Array;
  sums: Float64Array;
  /** How many samples each reading is the sum of; absent where it is one sample. */
  counts: Uint32Array | undefined;
  /** 1 where the clock was changed within the slot: it showed the slot twice. Absent where it never is. */
  doubled: Uint8Array | undefined;
}

/** @param ranks of the cells, by their numbers */
export function gridOf(points: Points, timeline: Timeline, ranks: Uint32Array): Grid {
  const { values, cells, instants } = points;
  const { slots, offsets } = timeline;
  const keys = scratchFloats(values.length);
  let sorted = true;
  let distinct = true;
  let last = -1;
  for (let i = 0; i < keys.length; i++) {
    const key =
      (slots[instants[i] as number] as number) * ranks.length + (ranks[cells[i] as number] as number);
    keys[i] = key;
    if (key <= last) {
      distinct = false;
      if (key < last) sorted = false;
    }
    last = key;
  }
  if (sorted && distinct) {
    return {
      keys,
      sums: values,
      counts: undefined,
      doubled: noneDoubled(offsets, keys.length),
    };
  }
  const order = inOrder(points, timeline, ranks, keys, sorted);
  return merged(points, order, keys, offsets);
}

function noneDoubled(offsets: Float64Array | undefined, length: number): Uint8Array | undefined {
  return offsets && new Uint8Array(length);
}

/** By slot, cell, time and value, so that sums do not depend on the order of rows. */
function inOrder(
  { values, cells, instants }: Points,
  { slots, times, size }: Timeline,
  ranks: Uint32Array,
  keys: Float64Array,
  sorted: boolean,
): Uint32Array {
  let order: Uint32Array = scratchWhole(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (!sorted) {
    order = orderByKey(order, readAt(ranks, cells), ranks.length);
    order = orderByKey(order, readAt(slots, instants), size);
  }
  const compare = (one: number, other: number): number =>
    (times[instants[one] as number] as number) - (times[instants[other] as number] as number) ||
    (values[one] as number) - (values[other] as number);
  for (let start = 0; start < order.length; ) {
    const key = keys[order[start] as number];
    let end = start + 1;
    let inPlace = true;
    for (; end < order.length && keys[order[end] as number] === key; end++)
      if (inPlace && compare(order[end - 1] as number, order[end] as number) > 0) inPlace = false;
    if (!inPlace) order.subarray(start, end).sort(compare);
    start = end;
  }
  return order;
}

/** What a table holds at some places. */
export function readAt(table: Uint32Array, places: Uint32Array): Uint32Array {
  const values = scratchWhole(places.length);
  for (let i = 0; i < values.length; i++) values[i] = table[places[i] as number] as number;
  return values;
}

function merged(
  { values, instants }: Points,
  order: Uint32Array,
  keys: Float64Array,
  offsets: Float64Array | undefined,
): Grid {
  const grid = {
    keys: scratchFloats(order.length),
    sums: scratchFloats(order.length),
    counts: scratchWhole(order.length),
    doubled: noneDoubled(offsets, order.length),
  };
  let count = 0;
  for (let start = 0; start < order.length; count++) {
    const first = order[start] as number;
    const key = keys[first] as number;
    const offset = offsets?.[instants[first] as number];
    let sum = values[first] as number;
    let end = start + 1;
    for (; end < order.length && keys[order[end] as number] === key; end++) {
      sum += values[order[end] as number] as number;
      if (grid.doubled && offsets?.[instants[order[end] as number] as number] !== offset)
        grid.doubled[count] = 1;
    }
    grid.keys[count] = key;
    grid.sums[count] = sum;
    grid.counts[count] = end - start;
    start = end;
  }
  return {
    keys: grid.keys.subarray(0, count),
    sums: grid.sums.subarray(0, count),
    counts: grid.counts.subarray(0, count),
    doubled: grid.doubled?.subarray(0, count),
  };
}
