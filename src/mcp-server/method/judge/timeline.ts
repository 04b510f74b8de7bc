import { type Calendar, DAY, remainder, type Span, slotNumber } from "./calendar.js";
import { ranked } from "./dense.js";
import type { Both } from "./samples-of.js";
import type { TimeZone } from "./time-zone.js";

/** Where the instants of one period stand, by their numbers. */
export interface Timeline {
  /** Milliseconds since 1970. */
  times: ArrayLike<number>;
  /** Numbers of slots, in order of time; of a cycle, the same for both periods. */
  slots: Uint32Array;
  /** Slots of both periods are below it. */
  size: number;
  /** For each slot its place on its day, counted from the same slot of day in both periods. */
  placesOfDay: Uint32Array;
  /** The zone's offset; absent where it never changes, and where no clock on a wall is gone by. */
  offsets: Float64Array | undefined;
}

/** The zone's offset at each instant. */
export function offsetsOf(times: ArrayLike<number>, zone: TimeZone): Float64Array {
  return eachOf(times, (instant) => zone.offsetAt(instant));
}

/**
 * Each distinct instant is put in its slot once.
 *
 * @param offsets of a zone that changes, where periods repeat themselves
 */
export function timelinesOf(
  times: Both<ArrayLike<number>>,
  { zone, slot, cycle }: Calendar,
  spans: Both<Span>,
  offsets: Both<Float64Array | undefined>,
): Both<Timeline> {
  const floored = (instant: number): number => Math.floor((instant + zone.offsetAt(instant)) / slot) * slot;
  const origin = floored(spans.after.start);
  const numbersOf = (of: ArrayLike<number>, start: number, offsets: Float64Array | undefined) =>
    eachOf(of, (instant, i) =>
      cycle
        ? slotNumber(instant + (offsets?.[i] ?? 0), start, origin, slot, cycle)
        : Math.floor(instant / slot),
    );
  const numbers = [
    numbersOf(times.before, floored(spans.before.start), offsets.before),
    numbersOf(times.after, origin, offsets.after),
  ] as const;
  const { columns, size } = ranked(numbers);
  const [before, after] = columns as [Uint32Array, Uint32Array];
  const placesOfDay = new Uint32Array(size);
  const daily = DAY / slot;
  for (const [side, slots] of columns.entries()) {
    for (let i = 0; i < slots.length; i++) {
      const number = numbers[side]?.[i] as number;
      const onTheWall = cycle ? number : floored(number * slot) / slot;
      placesOfDay[slots[i] as number] = remainder(onTheWall, daily);
    }
  }
  return {
    before: { times: times.before, slots: before, size, placesOfDay, offsets: offsets.before },
    after: { times: times.after, slots: after, size, placesOfDay, offsets: offsets.after },
  };
}

function eachOf(times: ArrayLike<number>, read: (instant: number, i: number) => number): Float64Array {
  const values = new Float64Array(times.length);
  for (let i = 0; i < values.length; i++) values[i] = read(times[i] as number, i);
  return values;
}
