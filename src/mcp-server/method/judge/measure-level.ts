import { momentsOf } from "../moments.js";
import { assumedSize, effectiveSize } from "./effective-size.js";
import { type Estimate, type Interval, intervalOf, pOf } from "./estimate.js";
import { hodgesLehmann } from "./hodges-lehmann.js";
import { type Layout, layOut } from "./layout.js";
import { mannWhitney } from "./mann-whitney.js";
import { droppedOf, type Measured } from "./measured.js";
import { pairedEstimate } from "./paired.js";
import type { SlotReadings } from "./paired-slots.js";
import type { Frame, PegInput } from "./peg-input.js";
import { countOf, lackOf } from "./quality-gate.js";
import { type Both, commonCells, isTimed } from "./samples-of.js";
import { SETTINGS } from "./settings.js";
import { residuals, variabilityOf } from "./variability.js";
import { welchEstimate } from "./welch.js";

type Series = Both<number[]>;

/** Gauges, counters, and ratios that are not given by their parts. */
export function measureLevel({ kind, points: given }: PegInput, frame: Frame): Measured {
  const { points, dropped: otherCells } = commonCells(given);
  const flagged = {
    suspect: given.before.suspect + given.after.suspect,
    missing: given.before.missing + given.after.missing,
    cell_in_one_period: otherCells,
  };
  const samples = { before: points.before.values, after: points.after.values };
  const positive = [...samples.before, ...samples.after].every((value) => value > 0);
  const scale = positive && kind !== "ratio" ? "log" : "plain";
  const transform = scale === "log" ? Math.log : (value: number): number => value;

  const layout = isTimed(points) ? layOut([points], frame) : undefined;
  const series: Series = layout
    ? { before: levels(layout.before, transform), after: levels(layout.after, transform) }
    : { before: sorted(samples.before).map(transform), after: sorted(samples.after).map(transform) };
  const design = layout?.design ?? "unpaired";
  const n = Math.min(series.before.length, series.after.length);
  const measured: Measured = {
    design,
    scale,
    n,
    nEff: 0,
    dropped: droppedOf({
      ...flagged,
      clock_change: layout?.clockChange ?? 0,
      no_partner: layout?.unmatched ?? 0,
    }),
    warnings: layout ? (design === "unpaired" ? ["misaligned_periods"] : []) : ["no_timestamps"],
  };
  const lack = lackOf(layout ? countOf(layout) : n, layout?.expected);
  if (lack) return { ...measured, lacking: otherCells > 0 && n === 0 ? { reason: "no_common_cells" } : lack };

  const sizeOf = layout
    ? effectiveSize
    : (values: readonly number[]) => assumedSize(values.length, SETTINGS.assumedLag1);
  const { estimate, nEff } = design === "unpaired" ? unpaired(series, sizeOf) : paired(series);
  if (!Number.isFinite(estimate.value) || !Number.isFinite(estimate.error)) {
    return { ...measured, lacking: { reason: "too_large_for_a_double" } };
  }
  const base = Math.abs(momentsOf(series.before).mean);
  const percent = (value: number): number =>
    scale === "log" ? 100 * Math.expm1(value) : percentOf(value, base);
  return {
    ...measured,
    nEff,
    effect: { ...effectOf(estimate, percent) },
    larger: mannWhitney(samples.before, samples.after, false).better,
    ...(design === "unpaired" && { shift: hodgesLehmann(samples.before, samples.after) }),
    variability: variabilityOf(spreads(series, layout), sizeOf),
  };
}

/** @param percent what a value on the scale of the estimate is in percent of the level before */
export function effectOf(estimate: Estimate, percent: (value: number) => number) {
  const interval = (level: number): Interval => {
    const { low, high } = intervalOf(estimate, level);
    return { low: percent(low), high: percent(high) };
  };
  return { percent: percent(estimate.value), p: pOf(estimate), interval };
}

/** Infinite where the level before is 0. */
export function percentOf(value: number, base: number): number {
  if (value === 0) return 0;
  return base === 0 ? Math.sign(value) * Number.POSITIVE_INFINITY : (100 * value) / base;
}

export function paired({ before, after }: Series): { estimate: Estimate; nEff: number } {
  const differences = after.map((value, i) => value - (before[i] as number));
  const nEff = effectiveSize(differences);
  return { estimate: pairedEstimate(differences, nEff), nEff };
}

export function unpaired({ before, after }: Series, sizeOf: (values: readonly number[]) => number) {
  const [one, other] = [sizeOf(before), sizeOf(after)];
  const estimate = welchEstimate({ values: before, nEff: one }, { values: after, nEff: other });
  return { estimate, nEff: Math.min(one, other) };
}

/** Cells share the weather of their hour, so they make one value together. */
function levels(slots: readonly SlotReadings[], transform: (value: number) => number): number[] {
  return slots.map(([readings = []]) => {
    let sum = 0;
    for (const reading of readings) sum += transform(reading.sum / reading.count);
    return sum / readings.length;
  });
}

function sorted(values: readonly number[]): number[] {
  return [...Float64Array.from(values).sort()];
}

function spreads({ before, after }: Series, layout: Layout | undefined): Series {
  const daily = layout?.daily ?? 1;
  return { before: residuals(before, daily), after: residuals(after, daily) };
}
