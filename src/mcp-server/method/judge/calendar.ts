import type { Both } from "./samples-of.js";
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
  /** A week or a day; undefined where the periods hold neither, and where nothing is to be paired. */
  cycle: number | undefined;
}

/** The slot of samples that are so far apart: up to the next length that parts a day evenly. */
export function slotFor(gap: number | undefined): number {
  if (gap === undefined) return HOUR;
  return LENGTHS.find((length) => length >= gap * 0.99) ?? DAY;
}

/** The calendar on which slots of the two periods are paired, where they can be. */
export function pairingCalendar(zone: TimeZone, { before, after }: Both<Span>, slot: number): Calendar {
  const held = slot * Math.min(slotsHeld(before, zone, slot), slotsHeld(after, zone, slot));
  return { zone, slot, cycle: [WEEK, DAY].find((cycle) => held >= cycle) };
}

/** By whichever clock shows more: a day with a clock change is a day, whether it was cut by the wall or by 24 hours. */
function slotsHeld(span: Span, zone: TimeZone, slot: number): number {
  return Math.max(expectedSlots(span, slot), expectedSlots(onTheWall(span, zone), slot));
}

function onTheWall({ start, end }: Span, zone: TimeZone): Span {
  return { start: start + zone.offsetAt(start), end: end + zone.offsetAt(end) };
}

/** How many slots a period has. */
export function expectedSlots({ start, end }: Span, slot: number): number {
  return Math.max(0, Math.floor((end - start) / slot) + 1);
}

/** How many slots are in both periods, as `slotNumber` numbers them. */
export function sharedSlotCount(spans: Both<Span>, zone: TimeZone, slot: number, cycle: number): number {
  const round = cycle / slot;
  const [before, after] = [spans.before, spans.after].map((span) => {
    const wall = onTheWall(span, zone);
    const count = expectedSlots(wall, slot);
    return { count, rounds: Math.floor(count / round), rest: count % round, first: wall.start / slot };
  }) as [Held, Held];
  if (before.rounds !== after.rounds) return Math.min(before.count, after.count);
  // The last round is cut short in both, and need not begin on the same weekday or hour.
  const ahead = remainder(Math.floor(before.first) - Math.floor(after.first), round);
  const end = ahead + before.rest;
  const overlap =
    Math.max(0, Math.min(end, after.rest) - ahead) + Math.max(0, Math.min(end - round, after.rest));
  return before.rounds * round + overlap;
}

interface Held {
  count: number;
  rounds: number;
  rest: number;
  first: number;
}

/**
 * Numbers the slots of a period so that the same weekday (or day) and slot of day, the same time round, have the same
 * number in both periods, in order of the clock on the wall.
 *
 * @param origin where on its cycle the numbering starts; the same for both periods
 */
export function slotNumber(wall: number, start: number, origin: number, slot: number, cycle: number): number {
  const round = Math.floor((wall - start) / cycle);
  const place = Math.floor(remainder(wall - origin, cycle) / slot);
  return round * (cycle / slot) + place;
}

/** What is left of a division, never negative. */
export function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
