import type { Frame } from "./frame.js";
import { layOut } from "./layout.js";
import { droppedOf, type Measured, withLack } from "./measured.js";
import type { PegInput } from "./peg-input.js";
import type { Points } from "./points.js";
import { sumOf } from "./pooled-ratio.js";
import { type Lack, lackOf, usableOf } from "./quality-gate.js";
import { compareRates, type Events } from "./rare-counts.js";
import { type Both, commonCells, isTimed } from "./samples-of.js";

/** More than that are nothing rare, and the test's distributions get slow and inexact. */
const MAX_EVENTS = 1e9;

/** What is compared: events, and what these happened on. */
interface Rates extends Both<Events> {
  lack?: Lack | undefined;
  /** Samples that belong to no event row, or event rows without one. */
  unmatched: number;
}

/**
 * Rare events, over what they happened on where their own rows are, or over the number of samples.
 *
 * @returns undefined where the samples are no counts of events, or what they happened on is nothing
 */
export function measureRate({ points: given, exposure: over }: PegInput, frame: Frame): Measured | undefined {
  const { series, dropped } = commonCells(over ? [given, over] : [given]);
  const [points = given, exposed] = series;
  if (![points.before, points.after].every(({ values }) => values.length > 0 && values.every(isCount)))
    return undefined;
  const rates = series.every(isTimed) ? ratesInTime(series, frame) : ratesOf(points, exposed);
  const all = (over ? [given, over] : [given]).flatMap(({ before, after }) => [before, after]);
  const measured: Measured = {
    design: "rate",
    scale: "rate",
    n: 0,
    nEff: 0,
    dropped: droppedOf({
      suspect: all.reduce((sum, { suspect }) => sum + suspect, 0),
      missing: all.reduce((sum, { missing }) => sum + missing, 0),
      cell_in_one_period: dropped,
      no_partner: rates?.unmatched ?? 0,
    }),
    warnings: over ? [] : ["exposure_is_samples"],
  };
  if (!rates) return { ...measured, lacking: { reason: "exposure_unmatched" } };
  if (rates.lack) return withLack(measured, rates.lack);
  const { before, after } = rates;
  const n = before.count + after.count;
  const exposures = [before.exposure, after.exposure];
  if (n > MAX_EVENTS || !exposures.every((sum) => sum > 0 && Number.isFinite(sum))) return undefined;
  if (n === 0) return { ...measured, lacking: { reason: "no_events", needed: 1 } };
  const { ratio, p, interval } = compareRates(before, after);
  const percent = (value: number): number => 100 * (value - 1);
  return {
    ...measured,
    n,
    nEff: n,
    effect: {
      percent: percent(ratio),
      p,
      interval: (level) => {
        const { low, high } = interval(level);
        return { low: percent(low), high: percent(high) };
      },
    },
  };
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

/** Slots are not paired: events are told apart by what they happened on, not by their hour. */
function ratesInTime(series: readonly Both<Points>[], frame: Frame): Rates {
  const layout = layOut(series, frame, false);
  const eventsOf = ({ columns }: (typeof layout)["before"], samples: Points): Events => {
    const [events, exposure] = columns.map(({ sums }) => sumOf(sums));
    return { count: events ?? 0, exposure: exposure ?? samples.values.length };
  };
  const [points] = series as [Both<Points>];
  return {
    before: eventsOf(layout.before, points.before),
    after: eventsOf(layout.after, points.after),
    // Events are few anyway, and rows far apart: that much of each period is there is all that is asked.
    lack: lackOf(usableOf(layout), layout.spaced ? layout.expected : undefined, 0),
    unmatched: layout.unmatched,
  };
}

/** @returns undefined where something has events and no exposure, or the other way round: nothing tells which sample */
function ratesOf(points: Both<Points>, exposed: Both<Points> | undefined): Rates | undefined {
  if (
    exposed &&
    !(isCountedAlike(points.before, exposed.before) && isCountedAlike(points.after, exposed.after))
  )
    return undefined;
  const eventsOf = (events: Points, exposure: Points | undefined): Events => ({
    count: sumOf(events.values),
    exposure: exposure ? sumOf(exposure.values) : events.values.length,
  });
  return {
    before: eventsOf(points.before, exposed?.before),
    after: eventsOf(points.after, exposed?.after),
    unmatched: 0,
  };
}

/** Whether two series have as many samples of each cell. */
function isCountedAlike(one: Points, other: Points): boolean {
  if (one.cells.length !== other.cells.length) return false;
  const left = new Map<number, number>();
  for (const cell of one.cells) left.set(cell, (left.get(cell) ?? 0) + 1);
  for (const cell of other.cells) left.set(cell, (left.get(cell) ?? 0) - 1);
  return [...left.values()].every((count) => count === 0);
}
