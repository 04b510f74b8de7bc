import { selectInPlace } from "./median.js";
import type { Points } from "./points.js";
import type { Both } from "./samples-of.js";

const SIDES = ["before", "after"] as const;

/** Finds how far apart the samples of a PEG usually are: each has slots of its own length. */
export class Pace {
  readonly #times: Both<ArrayLike<number>>;
  /** When each cell was last met; NaN between two calls. */
  readonly #last: Float64Array;
  /** Where the times of each cell go; 0 between two calls. */
  readonly #places: Uint32Array;
  /** Kept from PEG to PEG. */
  #room = new Float64Array(0);

  /** @param times of the instants, by their numbers. @param cells how many there are */
  constructor(times: Both<ArrayLike<number>>, cells: number) {
    this.#times = times;
    this.#last = new Float64Array(cells).fill(Number.NaN);
    this.#places = new Uint32Array(cells);
  }

  /**
   * The median distance of neighbouring samples of one cell, or of all cells together where no cell has two.
   *
   * @param series timed, one PEG or its parts
   * @returns undefined where all are of one instant
   */
  gapOf(series: readonly Both<Points>[]): number | undefined {
    return this.#usualGap(series) ?? this.#medianGap(series, true) ?? this.#medianGap(series, false);
  }

  /** The gap that is there more often than all others together: then it is the median, and nothing is to be sorted. */
  #usualGap(series: readonly Both<Points>[]): number | undefined {
    let [usual, alike, lead, total] = [0, 0, 0, 0];
    const last = this.#last;
    for (const both of series) {
      for (const side of SIDES) {
        const { cells, instants } = both[side];
        const times = this.#times[side];
        let ordered = true;
        for (let i = 0; i < cells.length; i++) {
          const cell = cells[i] as number;
          const time = times[instants[i] as number] as number;
          const gap = time - (last[cell] as number);
          last[cell] = time;
          if (gap > 0) {
            total++;
            if (gap === usual) {
              alike++;
              lead++;
            } else if (lead > 0) lead--;
            else {
              usual = gap;
              alike = 1;
              lead = 1;
            }
          } else if (gap < 0) ordered = false;
        }
        for (let i = 0; i < cells.length; i++) last[cells[i] as number] = Number.NaN;
        if (!ordered) return undefined;
      }
    }
    return 2 * alike > total ? usual : undefined;
  }

  /** @param byCell whether neighbours are those of one cell */
  #medianGap(series: readonly Both<Points>[], byCell: boolean): number | undefined {
    const rows = series.reduce((sum, { before, after }) => sum + before.cells.length + after.cells.length, 0);
    if (this.#room.length < rows) this.#room = new Float64Array(rows);
    const room = this.#room;
    let [count, filled] = [0, 0];
    for (const both of series) {
      for (const side of SIDES) {
        const ends = this.#gather(both[side], side, room.subarray(filled), byCell);
        const first = filled;
        for (const end of ends) {
          const times = room.subarray(filled, first + end).sort();
          // Gaps are never more than the times so far, and take their place.
          for (let i = 1, last = times[0] as number; i < times.length; i++) {
            const time = times[i] as number;
            if (time > last) room[count++] = time - last;
            last = time;
          }
          filled = first + end;
        }
      }
    }
    return count === 0 ? undefined : selectInPlace(room.subarray(0, count), Math.floor(count / 2));
  }

  /** Copies times cell by cell. @returns where those of each cell end */
  #gather(
    { cells, instants }: Points,
    side: (typeof SIDES)[number],
    room: Float64Array,
    byCell: boolean,
  ): number[] {
    const times = this.#times[side];
    if (!byCell) {
      for (let i = 0; i < cells.length; i++) room[i] = times[instants[i] as number] as number;
      return [cells.length];
    }
    const places = this.#places;
    const counts: number[] = [];
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number;
      const place = places[cell] || counts.push(0);
      places[cell] = place;
      counts[place - 1] = (counts[place - 1] as number) + 1;
    }
    let start = 0;
    const ends = counts.map((count) => {
      start += count;
      return start - count;
    });
    for (let i = 0; i < cells.length; i++) {
      const place = (places[cells[i] as number] as number) - 1;
      const at = ends[place] as number;
      room[at] = times[instants[i] as number] as number;
      ends[place] = at + 1;
    }
    for (let i = 0; i < cells.length; i++) places[cells[i] as number] = 0;
    return ends;
  }
}
