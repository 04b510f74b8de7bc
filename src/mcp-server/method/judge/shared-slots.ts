import type { Grid } from "./grid.js";
import { scratchFloats, scratchWhole } from "./scratch.js";

/** The readings of one grid that all have, in order of slot and cell. */
export interface Column {
  sums: Float64Array;
  /** How many samples each reading is the sum of; absent where it is one sample. */
  counts: Uint32Array | undefined;
}

/** Slots with the readings of the cells that have one in each of some grids. */
export interface SlotReadings {
  /** Where the readings of each slot start, and where the last ones end. */
  starts: Uint32Array;
  columns: Column[];
}

export function slotCountOf({ starts }: SlotReadings): number {
  return starts.length - 1;
}

/** Readings of a slot that the clock showed twice are left out. @param cells how many the keys tell apart */
export function sharedSlots(grids: readonly Grid[], cells: number): SlotReadings {
  const [first] = grids;
  if (first && grids.every((grid) => isAlike(grid, first)))
    return { starts: startsOf(first.keys, undefined, cells), columns: [...grids] };
  const places = sharedPlaces(grids);
  const columns = grids.map(({ sums, counts }, g) => {
    const at = places[g] as Uint32Array;
    // All are shared: nothing is to be moved.
    if (at.length === sums.length) return { sums, counts };
    const kept = { sums: scratchFloats(at.length), counts: counts && scratchWhole(at.length) };
    for (let i = 0; i < at.length; i++) {
      const place = at[i] as number;
      kept.sums[i] = sums[place] as number;
      if (kept.counts) kept.counts[i] = counts?.[place] as number;
    }
    return kept;
  });
  return {
    starts: startsOf(first?.keys ?? scratchFloats(0), places[0] ?? scratchWhole(0), cells),
    columns,
  };
}

/** Whether two grids have the same keys, and no slot that the clock showed twice. */
function isAlike({ keys, doubled }: Grid, other: Grid): boolean {
  if (keys.length !== other.keys.length || doubled?.includes(1)) return false;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== other.keys[i]) return false;
  return true;
}

/** For each grid, where its readings of the keys stand that all grids have. */
function sharedPlaces(grids: readonly Grid[]): Uint32Array[] {
  const most = Math.min(...grids.map(({ keys }) => keys.length));
  const places = grids.map(() => scratchWhole(most));
  const at = grids.map(() => 0);
  let count = 0;
  let key = Number.NEGATIVE_INFINITY;
  /** How many grids in turn stand at the key. */
  let agreeing = 0;
  for (let g = 0; ; g = g + 1 === grids.length ? 0 : g + 1) {
    const { keys } = grids[g] as Grid;
    let place = at[g] as number;
    while (place < keys.length && (keys[place] as number) < key) place++;
    at[g] = place;
    if (place === keys.length) break;
    if (keys[place] === key) agreeing++;
    else {
      key = keys[place] as number;
      agreeing = 1;
    }
    if (agreeing < grids.length) continue;
    if (!grids.some(({ doubled }, other) => doubled?.[at[other] as number] === 1)) {
      for (let other = 0; other < grids.length; other++)
        (places[other] as Uint32Array)[count] = at[other] as number;
      count++;
    }
    // The least that is larger: keys are whole numbers.
    key++;
    agreeing = 0;
  }
  return places.map((all) => all.subarray(0, count));
}

/** @param places of the keys that count; all where absent */
function startsOf(keys: Float64Array, places: Uint32Array | undefined, cells: number): Uint32Array {
  const length = places?.length ?? keys.length;
  const starts = scratchWhole(length + 1);
  let count = 0;
  let nextSlot = 0;
  for (let i = 0; i < length; i++) {
    const key = keys[places ? (places[i] as number) : i] as number;
    if (key < nextSlot) continue;
    starts[count++] = i;
    nextSlot = (Math.floor(key / cells) + 1) * cells;
  }
  starts[count++] = length;
  return count === starts.length ? starts : starts.subarray(0, count);
}

/** Samples of a grid that stand in an hour which the clock showed twice. */
export function clockChanges({ sums, counts, doubled }: Grid): number {
  let samples = 0;
  if (doubled) for (let i = 0; i < sums.length; i++) if (doubled[i] === 1) samples += counts?.[i] ?? 1;
  return samples;
}
