import { type Calendar, type Span, slotNumber } from "./calendar.js";
import { ranked } from "./dense.js";
import type { Both } from "./samples-of.js";

/** Where the instants of one period stand, by their numbers. */
export interface Timeline {
  /** Milliseconds since 1970. */
  times: ArrayLike<number>;
  /** Numbers of slots, in order of time; of a cycle, the same for both periods. */
  slots: Uint32Array;
  /** Slots of both periods are below it. */
  size: number;
  /** The zone's offset; absent where it never changes. */
  offsets: Float64Array | undefined;
}

/** Each distinct instant is put in its slot once. */
export function timelinesOf(
  times: Both<ArrayLike<number>>,
  { zone, slot, cycle }: Calendar,
  { n1, n }: { n1: Span; n: Span },
): Both<Timeline> {
  const floored = (instant: number): number => Math.floor((instant + zone.offsetAt(instant)) / slot) * slot;
  const origin = floored(n.start);
  const offsetsOf = (of: ArrayLike<number>): Float64Array | undefined =>
    zone.changes ? eachOf(of, (instant) => zone.offsetAt(instant)) : undefined;
  const numbersOf = (of: ArrayLike<number>, start: number, offsets: Float64Array | undefined) =>
    eachOf(of, (instant, i) =>
      cycle
        ? slotNumber(instant + (offsets?.[i] ?? 0), start, origin, slot, cycle)
        : Math.floor(instant / slot),
    );
  const offsets = { before: offsetsOf(times.before), after: offsetsOf(times.after) };
  const { columns, size } = ranked([
    numbersOf(times.before, floored(n1.start), offsets.before),
    numbersOf(times.after, origin, offsets.after),
  ]);
  const [before, after] = columns as [Uint32Array, Uint32Array];
  return {
    before: { times: times.before, slots: before, offsets: offsets.before, size },
    after: { times: times.after, slots: after, offsets: offsets.after, size },
  };
}

function eachOf(times: ArrayLike<number>, read: (instant: number, i: number) => number): Float64Array {
  const values = new Float64Array(times.length);
  for (let i = 0; i < values.length; i++) values[i] = read(times[i] as number, i);
  return values;
}
