import type { Grid, Reading } from "./grid.js";

/** One slot, with the readings of the cells that have one of each grid: by grid, then by cell in order of names. */
export type SlotReadings = readonly (readonly Reading[])[];

/**
 * The slots in which all grids have readings of the same cells, in order of time. Readings of an hour that the clock
 * showed twice are left out.
 */
export function sharedSlots(grids: readonly Grid[]): SlotReadings[] {
  const [first] = grids;
  if (!first) return [];
  const shared: SlotReadings[] = [];
  for (const slot of [...first.keys()].sort((one, other) => one - other)) {
    const columns = grids.map((grid) => grid.get(slot));
    if (!columns.every((column) => column !== undefined)) continue;
    const names = [...(columns[0] as Map<string, Reading>).keys()];
    if (names.length > 1) names.sort();
    const cells = names.filter((name) =>
      columns.every((column) => {
        const reading = column.get(name);
        return reading !== undefined && !Number.isNaN(reading.offset);
      }),
    );
    if (cells.length === 0) continue;
    shared.push(columns.map((column) => cells.map((name) => column.get(name) as Reading)));
  }
  return shared;
}

/** Samples of a grid that stand in an hour which the clock showed twice. */
export function clockChanges(grid: Grid): number {
  let samples = 0;
  for (const cells of grid.values()) {
    for (const { count, offset } of cells.values()) if (Number.isNaN(offset)) samples += count;
  }
  return samples;
}
