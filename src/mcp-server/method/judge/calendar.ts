import { selectInPlace } from "./median.js";
import type { TimeZone } from "./time-zone.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Lengths of a slot, each a whole part of a day. */
const LENGTHS = [
  ...[1, 2, 5, 10, 15, 20, 30].map((s) => s * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map((m) => m * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12, 24].map((h) => h * HOUR),
];

export interface Span {
  start: number;
  end: number;
}

/** How instants of the two periods are put side by side. */
export interface Calendar {
  zone: TimeZone;
  slot: number;
  /** A week or a day; undefined where the periods hold neither, and nothing is paired. */
  cycle: number | undefined;
}

/** @param instants of both periods, each sorted */
export function calendarOf(zone: TimeZone, n1: Span, n: Span, instants: readonly Float64Array[]): Calendar {
  const slot = slotOf(instants);
  const shorter = Math.min(n1.end - n1.start, n.end - n.start) + slot;
  return { zone, slot, cycle: shorter >= WEEK ? WEEK : shorter >= DAY ? DAY : undefined };
}

/** The usual distance of neighbouring instants: the median, up to the next length that parts a day evenly. */
function slotOf(instants: readonly Float64Array[]): number {
  const gaps = new Float64Array(instants.reduce((sum, { length }) => sum + length, 0));
  let count = 0;
  for (const sorted of instants) {
    for (let i = 1; i < sorted.length; i++) {
      const gap = (sorted[i] as number) - (sorted[i - 1] as number);
      if (gap > 0) gaps[count++] = gap;
    }
  }
  if (count === 0) return HOUR;
  const median = selectInPlace(gaps.subarray(0, count), Math.floor(count / 2));
  return LENGTHS.find((length) => length >= median * 0.99) ?? DAY;
}

/** How many slots a period has. */
export function expectedSlots({ start, end }: Span, slot: number): number {
  return Math.floor((end - start) / slot) + 1;
}

/**
 * Numbers the slots of a period so that the same weekday (or day) and slot of day, the same time round, have the same
 * number in both periods, in order of the clock on the wall.
 *
 * @param origin where on its cycle the numbering starts; the same for both periods
 */
export function slotNumber(wall: number, start: number, origin: number, slot: number, cycle: number): number {
  const round = Math.floor((wall - start) / cycle);
  const place = Math.floor(((((wall - origin) % cycle) + cycle) % cycle) / slot);
  return round * (cycle / slot) + place;
}
