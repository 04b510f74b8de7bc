import { describe, expect, test } from "vitest";
import type { AnalysisSeriesOutput, SeriesPoint } from "../../src/contract/analysis-series.js";
import { MAX_SERIES_POINTS } from "../../src/contract/limits.js";
import { courseOf, hasHours, rangeOf } from "../../src/dashboard/charts/course-data.js";
import { sumUp } from "../../src/domain/analysis/series-points.js";
import { pegResult } from "./rows.js";

const HOUR_MS = 3_600_000;
const N1 = new Date("2024-01-01T00:00:00Z");
const N = new Date("2024-01-08T00:00:00Z");

function hourly(start: Date, hours: number, mean: (hour: number) => number): SeriesPoint[] {
  return Array.from({ length: hours }, (_, hour) => ({
    at: new Date(start.getTime() + hour * HOUR_MS),
    mean: mean(hour),
    min: mean(hour) - 1,
    max: mean(hour) + 2,
    count: 2,
  }));
}

function series(before: SeriesPoint[], after: SeriesPoint[], timed = true): AnalysisSeriesOutput {
  const periodOf = (period: "N-1" | "N", points: SeriesPoint[]) => ({
    period,
    samples: points.length,
    thinned: false,
    points,
  });
  return {
    id: "a",
    peg_name: "P",
    data_version: 1,
    timed,
    periods: [periodOf("N-1", before), periodOf("N", after)],
  };
}

const starts = { before: N1, after: N };
const peg = pegResult("P");

describe("the course of a PEG", () => {
  test("lays both periods over each other: hours since each began", () => {
    const found = series(
      hourly(N1, 48, (hour) => hour),
      hourly(N, 48, (hour) => hour * 2),
    );
    const course = courseOf(found, peg, "time", { starts, timeZone: "UTC" });
    expect(course.axis).toBe("hours");
    expect(course.before[47]).toEqual({ x: 47, y: 47, low: 46, high: 49 });
    expect(course.after[47]).toEqual({ x: 47, y: 94, low: 93, high: 96 });
  });

  test("by hour of day is the mean of that hour over all days, in the time zone of the cells", () => {
    const found = series(
      hourly(N1, 48, (hour) => (hour % 24) + (hour < 24 ? 0 : 10)),
      hourly(N, 24, (hour) => hour),
    );
    const utc = courseOf(found, peg, "hour_of_day", { starts, timeZone: "UTC" });
    expect(utc.before).toHaveLength(24);
    expect(utc.before[3]).toEqual({ x: 3, y: 8, low: 2, high: 15 });
    const seoul = courseOf(found, peg, "hour_of_day", { starts, timeZone: "Asia/Seoul" });
    expect(seoul.before.find(({ x }) => x === 12)?.y).toBe(8);
  });

  test("without times stands in the order of samples", () => {
    const untimed = hourly(N1, 3, (i) => i).map((point) => ({ ...point, at: null }));
    const course = courseOf(series(untimed, untimed, false), peg, "time", { starts, timeZone: "UTC" });
    expect(course.axis).toBe("samples");
    expect(course.before.map(({ x }) => x)).toEqual([1, 2, 3]);
  });

  test("of a derived PEG, which has no samples of its own, is the values of the comparison", () => {
    const course = courseOf(series([], []), peg, "time", { starts, timeZone: "UTC" });
    expect(course.axis).toBe("samples");
    expect(course.before.map(({ y }) => y)).toEqual(peg.n1_period.values);
  });

  test("of many values is so many dots as can be seen, which hold the mean and the range of all", () => {
    const values = Array.from({ length: 150_000 }, (_, i) => i);
    const large = { ...peg, n1_period: { ...peg.n1_period, values }, n_period: { ...peg.n_period, values } };
    const { before, after } = courseOf(series([], []), large, "time", { starts, timeZone: "UTC" });
    expect(before).toHaveLength(2_000);
    expect(after).toEqual(before);
    expect(before[0]).toEqual({ x: 38, y: 37, low: 0, high: 74 });
    expect(before.at(-1)).toMatchObject({ high: 149_999 });
    expect(rangeOf([...before, ...after])).toEqual([38, 149_963]);
    expect(rangeOf(values.map((x) => ({ x, y: 0, low: 0, high: 0 })))).toEqual([0, 149_999]);
  });

  test("has a profile of the day only where points are an hour apart or closer", () => {
    const hours = hourly(N1, 30, () => 1);
    expect(hasHours(series(hours, hours))).toBe(true);
    const days = hours.filter((_, i) => i % 24 === 0);
    expect(hasHours(series(days, days))).toBe(false);
    expect(hasHours(series(hours, []))).toBe(false);
    expect(hasHours(series(hours, hours, false))).toBe(false);
  });

  test("by hour of day is told from the instants themselves, and from nothing that was put together", async () => {
    // Each quarter of an hour for two weeks; at one hour of the day much less happens.
    const times = Float64Array.from({ length: 14 * 96 }, (_, i) => N1.getTime() + (i * HOUR_MS) / 4);
    const values = times.map((time) => (new Date(time).getUTCHours() === 3 ? 10 : 40));
    const asked = async (points: number) => {
      const { points: summed, thinned } = await sumUp({ values, times }, points);
      const found = series(summed, summed);
      for (const period of found.periods) period.thinned = thinned;
      return found;
    };
    const whole = await asked(MAX_SERIES_POINTS);
    expect(hasHours(whole)).toBe(true);
    const { before } = courseOf(whole, peg, "hour_of_day", { starts, timeZone: "UTC" });
    expect(before[3]).toMatchObject({ x: 3, y: 10 });
    expect(hasHours(await asked(1000))).toBe(false);
  });

  test("of one place alone has room on both sides of it", () => {
    const alone = { x: 3, y: 1, low: 1, high: 1 };
    expect(rangeOf([alone, alone])).toEqual([2.5, 3.5]);
  });
});
