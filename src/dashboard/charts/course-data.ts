import type { AnalysisSeriesOutput, SeriesPoint } from "../../contract/analysis-series.js";
import type { PegComparisonResult } from "../../contract/comparison.js";

const HOUR_MS = 3_600_000;

/** A place on the chart. */
export interface Dot {
  x: number;
  y: number;
  low: number;
  high: number;
}

/** What is drawn of one PEG: both periods over the same axis. */
export interface Course {
  /** What the axis counts. */
  axis: "hours" | "hour_of_day" | "samples";
  before: Dot[];
  after: Dot[];
}

type Periods = AnalysisSeriesOutput["periods"];

function pointsOf(periods: Periods, period: "N-1" | "N"): readonly SeriesPoint[] {
  return periods.find((one) => one.period === period)?.points ?? [];
}

const dot = (x: number, { mean, min, max }: SeriesPoint): Dot => ({ x, y: mean, low: min, high: max });

/** Hours since a period began, so that both periods lie over each other. */
function overTime(points: readonly SeriesPoint[], start: Date | undefined): Dot[] {
  const origin = (start ?? points[0]?.at)?.getTime() ?? 0;
  return points.flatMap((point) => (point.at ? [dot((point.at.getTime() - origin) / HOUR_MS, point)] : []));
}

/** The mean of each hour of the day, in the time zone of the cells. */
function byHourOfDay(points: readonly SeriesPoint[], timeZone: string): Dot[] {
  const hourOf = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" });
  const hours = new Map<number, { sum: number; count: number; low: number; high: number }>();
  for (const { at, mean, min, max, count } of points) {
    if (!at) continue;
    const hour = Number(hourOf.format(at));
    const seen = hours.get(hour) ?? { sum: 0, count: 0, low: min, high: max };
    hours.set(hour, {
      sum: seen.sum + mean * count,
      count: seen.count + count,
      low: Math.min(seen.low, min),
      high: Math.max(seen.high, max),
    });
  }
  return [...hours]
    .sort(([a], [b]) => a - b)
    .map(([hour, { sum, count, low, high }]) => ({ x: hour, y: sum / count, low, high }));
}

/** More than a screen has columns. */
const MAX_DOTS = 2_000;

/** Values in their order; where there are many, neighbours are one dot: their mean and their range. */
function bySample(values: readonly number[]): Dot[] {
  const size = Math.ceil(values.length / MAX_DOTS);
  const dots: Dot[] = [];
  for (let start = 0; start < values.length; start += size) {
    const some = values.slice(start, start + size);
    const y = some.reduce((sum, value) => sum + value, 0) / some.length;
    const [low, high] = extremes(some);
    dots.push({ x: start + (some.length + 1) / 2, y, low, high });
  }
  return dots;
}

// Not by arguments to Math.min, of which there may be so many only.
function extremes(values: readonly number[]): [least: number, most: number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** Where an axis begins and ends that holds all of them; one place alone stands in the midst of it. */
export function rangeOf(dots: readonly Dot[]): [start: number, end: number] {
  const [start, end] = extremes(dots.map(({ x }) => x));
  return start === end ? [start - 0.5, end + 0.5] : [start, end];
}

/** Whether neighbouring instants are one point, of which nobody knows how much belongs to which hour. */
export function isThinned({ timed, periods }: AnalysisSeriesOutput): boolean {
  return timed && periods.some(({ thinned }) => thinned);
}

/** Whether points are close enough for a profile of the day to be told from them. */
export function hasHours(series: AnalysisSeriesOutput): boolean {
  const { timed, periods } = series;
  if (!timed || isThinned(series)) return false;
  return periods.every(({ points }) => {
    const [first, second] = points;
    return first?.at && second?.at && second.at.getTime() - first.at.getTime() <= HOUR_MS;
  });
}

/**
 * What is drawn of a PEG: its course as the server sums it up, or where there is none (a PEG that is derived from
 * others has no samples of its own), the values of the comparison in their order.
 */
export function courseOf(
  series: AnalysisSeriesOutput | undefined,
  peg: PegComparisonResult,
  view: "time" | "hour_of_day",
  { starts, timeZone }: { starts?: { before: Date; after: Date } | undefined; timeZone: string },
): Course {
  const before = pointsOf(series?.periods ?? [], "N-1");
  const after = pointsOf(series?.periods ?? [], "N");
  if (!series || (before.length === 0 && after.length === 0)) {
    return { axis: "samples", before: bySample(peg.n1_period.values), after: bySample(peg.n_period.values) };
  }
  if (!series.timed) {
    const inOrder = (points: readonly SeriesPoint[]) => points.map((point, i) => dot(i + 1, point));
    return { axis: "samples", before: inOrder(before), after: inOrder(after) };
  }
  if (view === "hour_of_day") {
    return {
      axis: "hour_of_day",
      before: byHourOfDay(before, timeZone),
      after: byHourOfDay(after, timeZone),
    };
  }
  return {
    axis: "hours",
    before: overTime(before, starts?.before),
    after: overTime(after, starts?.after),
  };
}
