import { meanOf, momentsOf } from "../moments.js";
import { assumedSize, effectiveSize } from "./effective-size.js";
import { type Estimate, type Interval, intervalOf, pOf } from "./estimate.js";
import type { Frame } from "./frame.js";
import { hodgesLehmann } from "./hodges-lehmann.js";
import { type Layout, layOut } from "./layout.js";
import { shareLarger } from "./mann-whitney.js";
import { droppedOf, type Measured, withLack } from "./measured.js";
import { pairedEstimate } from "./paired.js";
import type { PegInput } from "./peg-input.js";
import { sortedPoints } from "./points.js";
import { lackOf } from "./quality-gate.js";
import { type Both, commonCells, isTimed } from "./samples-of.js";
import { scratchFloats } from "./scratch.js";
import { SETTINGS } from "./settings.js";
import type { Column, SlotReadings } from "./shared-slots.js";
import { inUnits, reachOf, unitFor } from "./unit.js";
import { residuals, variabilityOf } from "./variability.js";
import { welchEstimate } from "./welch.js";

type Series = Both<Float64Array>;

/** Gauges, counters, and ratios that are not given by their parts. */
export function measureLevel({ kind, points: given }: PegInput, frame: Frame): Measured {
  const {
    series: [points = given],
    dropped: otherCells,
  } = commonCells([given]);
  const flagged = {
    suspect: given.before.suspect + given.after.suspect,
    missing: given.before.missing + given.after.missing,
    cell_in_one_period: otherCells,
  };
  const samples = { before: sortedPoints(points.before), after: sortedPoints(points.after) };
  const positive = (values: Float64Array): boolean => !((values[0] ?? 1) <= 0);
  const scale = positive(samples.before) && positive(samples.after) && kind !== "ratio" ? "log" : "plain";
  const levels = scale === "log" ? logLevels : plainLevels;

  const layout = isTimed(points) ? layOut([points], frame) : undefined;
  const series: Series = layout
    ? { before: levels(layout.before), after: levels(layout.after) }
    : { before: unplaced(samples.before, scale), after: unplaced(samples.after, scale) };
  const design = layout?.design ?? "unpaired";
  const usable = { before: series.before.length, after: series.after.length };
  const measured: Measured = {
    design,
    scale,
    n: Math.min(usable.before, usable.after),
    nEff: 0,
    dropped: droppedOf({
      ...flagged,
      clock_change: layout?.clockChange ?? 0,
      no_partner: layout?.unmatched ?? 0,
    }),
    warnings: layout ? (design === "unpaired" ? ["misaligned_periods"] : []) : ["no_timestamps"],
  };
  const lack = lackOf(usable, layout?.expected);
  if (lack) return withLack(measured, lack);

  const sizeOf = layout
    ? effectiveSize
    : (values: ArrayLike<number>) => assumedSize(values.length, SETTINGS.assumedLag1);
  const { estimate, nEff } = design === "unpaired" ? unpaired(series, sizeOf) : paired(series);
  const effect =
    scale === "log"
      ? effectOf(estimate, (value) => 100 * Math.expm1(value))
      : effectFrom(estimate, Math.abs(meanOf(series.before)));
  if (!effect) return { ...measured, lacking: TOO_LARGE };
  measured.nEff = nEff;
  measured.effect = effect;
  measured.larger = shareLarger(samples.before, samples.after);
  if (design === "unpaired") measured.shift = hodgesLehmann(samples.before, samples.after);
  measured.variability = variabilityOf(leftOf(series, layout), sizeOf);
  return measured;
}

export const TOO_LARGE = { reason: "too_large_for_a_double" };

/**
 * @param percent what a value on the scale of the estimate is in percent of the level before
 * @returns undefined where a double cannot hold the change
 */
function effectOf(estimate: Estimate, percent: (value: number) => number): Measured["effect"] {
  if (![estimate.error, percent(estimate.value)].every(Number.isFinite)) return undefined;
  return unboundedEffect(estimate, percent);
}

/** The effect of plain differences. From a level of 0 it is infinite, and no less certain. */
export function effectFrom(estimate: Estimate, level: number): Measured["effect"] {
  const percent = (value: number) => percentOf(value, level);
  if (level !== 0) return effectOf(estimate, percent);
  return [estimate.value, estimate.error].every(Number.isFinite)
    ? unboundedEffect(estimate, percent)
    : undefined;
}

function unboundedEffect(estimate: Estimate, percent: (value: number) => number) {
  const interval = (level: number): Interval => {
    const { low, high } = intervalOf(estimate, level);
    return { low: percent(low), high: percent(high) };
  };
  return { percent: percent(estimate.value), p: pOf(estimate), interval };
}

/** Infinite where the level before is 0. */
function percentOf(value: number, base: number): number {
  if (value === 0) return 0;
  if (base === 0) return Math.sign(value) * Number.POSITIVE_INFINITY;
  const hundredfold = 100 * value;
  return Number.isFinite(hundredfold) ? hundredfold / base : 100 * (value / base);
}

export function paired({ before, after }: Series): { estimate: Estimate; nEff: number } {
  const differences = scratchFloats(after.length);
  for (let i = 0; i < differences.length; i++) differences[i] = (after[i] as number) - (before[i] as number);
  const moments = momentsOf(differences);
  const nEff = effectiveSize(differences, moments.mean);
  return { estimate: pairedEstimate(moments, nEff), nEff };
}

export function unpaired({ before, after }: Series, sizeOf: (values: ArrayLike<number>) => number) {
  const [one, other] = [sizeOf(before), sizeOf(after)];
  const estimate = welchEstimate({ values: before, nEff: one }, { values: after, nEff: other });
  return { estimate, nEff: Math.min(one, other) };
}

/** Cells share the weather of their hour, so they make one value together: the mean of their values. */
function plainLevels(slots: SlotReadings): Float64Array {
  return levelsOf(slots, (sum, count) => sum / count);
}

function logLevels(slots: SlotReadings): Float64Array {
  return levelsOf(slots, (sum, count) => Math.log(sum / count));
}

function levelsOf(
  { starts, columns }: SlotReadings,
  levelOf: (sum: number, count: number) => number,
): Float64Array {
  const { sums, counts } = columns[0] as Column;
  const levels = scratchFloats(starts.length - 1);
  for (let slot = 0; slot < levels.length; slot++) {
    const [start, end] = [starts[slot] as number, starts[slot + 1] as number];
    let sum = 0;
    for (let i = start; i < end; i++) sum += levelOf(sums[i] as number, counts?.[i] ?? 1);
    levels[slot] = sum / (end - start);
  }
  return levels;
}

function unplaced(sorted: Float64Array, scale: "log" | "plain"): Float64Array {
  if (scale === "plain") return sorted;
  const levels = scratchFloats(sorted.length);
  for (let i = 0; i < levels.length; i++) levels[i] = Math.log(sorted[i] as number);
  return levels;
}

/**
 * What is left of both sides after their daily profiles, in a unit of their own, which how they vary against each other
 * does not depend on.
 */
export function leftOf({ before, after }: Series, layout: Layout | undefined): Series {
  const unit = unitFor(Math.max(reachOf(before), reachOf(after)));
  const left = (values: Float64Array, places: Uint32Array | undefined) =>
    residuals(inUnits(values, unit), layout && places && { daily: layout.daily, places });
  return { before: left(before, layout?.placesOfDay.before), after: left(after, layout?.placesOfDay.after) };
}
