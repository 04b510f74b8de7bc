import type { Points } from "./points.js";

/** What one cell measured in one slot. */
export interface Reading {
  sum: number;
  count: number;
  /** The zone's offset at its samples; NaN once it changed within the slot. */
  offset: number;
}

/** Slot, then cell. */
export type Grid = Map<number, Map<string, Reading>>;

/** @param slotOf the number of the slot, and the zone's offset, at an instant */
export function gridOf(points: Points, slotOf: (instant: number) => { slot: number; offset: number }): Grid {
  const grid: Grid = new Map();
  const places = new Map<number, { slot: number; offset: number }>();
  for (const i of inOrder(points)) {
    const instant = points.instants[i] as number;
    let place = places.get(instant);
    if (!place) {
      place = slotOf(instant);
      places.set(instant, place);
    }
    let cells = grid.get(place.slot);
    if (!cells) {
      cells = new Map();
      grid.set(place.slot, cells);
    }
    const cell = points.cells[i] as string;
    const value = points.values[i] as number;
    const reading = cells.get(cell);
    if (!reading) cells.set(cell, { sum: value, count: 1, offset: place.offset });
    else {
      reading.sum += value;
      reading.count++;
      if (reading.offset !== place.offset) reading.offset = Number.NaN;
    }
  }
  return grid;
}

/** By time, cell and value, so that sums do not depend on the order of rows. */
function inOrder({ values, cells, instants }: Points): Uint32Array {
  const order = Uint32Array.from(values, (_, i) => i);
  let sorted = true;
  for (let i = 1; i < order.length && sorted; i++) {
    if ((instants[i] as number) <= (instants[i - 1] as number)) sorted = false;
  }
  if (sorted) return order;
  return order.sort((one, other) => {
    const byTime = (instants[one] as number) - (instants[other] as number);
    if (byTime !== 0) return byTime;
    const [a, b] = [cells[one] as string, cells[other] as string];
    if (a !== b) return a < b ? -1 : 1;
    return (values[one] as number) - (values[other] as number);
  });
}
