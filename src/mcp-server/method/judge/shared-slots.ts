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
  /** The number of each slot. */
  slots: Uint32Array;
  columns: Column[];
}

export function slotCountOf({ starts }: SlotReadings): number {
  return starts.length - 1;
}

/**
 * Readings of a slot that the clock showed twice are left out, and those that are sums of more samples in one grid than
 * in another of its period: of a ratio, a numerator or a denominator is missing there.
 *
 * @param cells how many the keys tell apart. @param parts so many grids in turn are of one period
 */
export function sharedSlots(grids: readonly Grid[], cells: number, parts: number): SlotReadings {
  const [first] = grids;
  if (first && grids.every((grid, g) => isAlike(grid, first) && isCountedAlike(grid, grids[g - (g % parts)])))
    return { ...slotsOf(first.keys, undefined, cells), columns: [...grids] };
  const places = sharedPlaces(grids, parts);
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
  return { ...slotsOf(first?.keys ?? scratchFloats(0), places[0] ?? scratchWhole(0), cells), columns };
}

/** Whether two grids have the same keys, and no slot that the clock showed twice. */
function isAlike({ keys, doubled }: Grid, other: Grid): boolean {
  if (keys.length !== other.keys.length || doubled?.includes(1)) return false;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== other.keys[i]) return false;
  return true;
}

/** Whether each reading of two grids of the same keys is the sum of as many samples. */
function isCountedAlike({ counts }: Grid, other: Grid | undefined): boolean {
  if (counts === other?.counts) return true;
  const length = counts?.length ?? other?.counts?.length ?? 0;
  for (let i = 0; i < length; i++) if ((counts?.[i] ?? 1) !== (other?.counts?.[i] ?? 1)) return false;
  return true;
}

/** For each grid, where its readings of the keys stand that all grids have. */
function sharedPlaces(grids: readonly Grid[], parts: number): Uint32Array[] {
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
    if (isWhole(grids, at, parts)) {
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

/** Whether the readings at these places, all of one key, can be used together. */
function isWhole(grids: readonly Grid[], at: readonly number[], parts: number): boolean {
  for (let g = 0; g < grids.length; g++) {
    const { doubled, counts } = grids[g] as Grid;
    const place = at[g] as number;
    if (doubled?.[place] === 1) return false;
    const first = g - (g % parts);
    if (first !== g && (counts?.[place] ?? 1) !== (grids[first]?.counts?.[at[first] as number] ?? 1))
      return false;
  }
  return true;
}

/** @param places of the keys that count; all where absent */
function slotsOf(
  keys: Float64Array,
  places: Uint32Array | undefined,
  cells: number,
): Pick<SlotReadings, "starts" | "slots"> {
  const length = places?.length ?? keys.length;
  const starts = scratchWhole(length + 1);
  const slots = scratchWhole(length);
  let count = 0;
  let nextSlot = 0;
  for (let i = 0; i < length; i++) {
    const key = keys[places ? (places[i] as number) : i] as number;
    if (key < nextSlot) continue;
    const slot = Math.floor(key / cells);
    starts[count] = i;
    slots[count++] = slot;
    nextSlot = (slot + 1) * cells;
  }
  starts[count] = length;
  if (count === length) return { starts, slots };
  return { starts: starts.subarray(0, count + 1), slots: slots.subarray(0, count) };
}

/** Samples of a grid that stand in an hour which the clock showed twice. */
export function clockChanges({ sums, counts, doubled }: Grid): number {
  let samples = 0;
  if (doubled) for (let i = 0; i < sums.length; i++) if (doubled[i] === 1) samples += counts?.[i] ?? 1;
  return samples;
}
