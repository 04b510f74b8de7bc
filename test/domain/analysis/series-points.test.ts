import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SeriesPoint } from "../../../src/contract/analysis-series.js";
import { isTimed, type Samples, sumUp } from "../../../src/domain/analysis/series-points.js";

const values = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, -0, 5e-324) },
);
const instants = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: -6e13, max: 2e14 }));
const rows = fc.array(fc.tuple(values, instants), { maxLength: 200 });

const samplesOf = (given: readonly (readonly [number, number])[], timed: boolean): Samples => ({
  values: Float64Array.from(given, ([value]) => value),
  times: timed ? Float64Array.from(given, ([, time]) => time) : undefined,
});

/** The sum without an overflow on its way, for a mean that is right to a few digits. */
function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((mean, number, i) => mean + (number / (i + 1) - mean / (i + 1)), 0);
}

describe("samples summed up to points", () => {
  test("are all in one point each, by time or by place, and no more points than asked for", async () => {
    const property = fc.asyncProperty(
      rows,
      fc.boolean(),
      fc.integer({ min: 2, max: 50 }),
      async (given, timed, most) => {
        const { samples, thinned, points } = await sumUp(samplesOf(given, timed), most);
        const usable = given.filter(([value]) => !Number.isNaN(value));
        expect(samples).toBe(usable.length);
        expect(points.length).toBeLessThanOrEqual(most);
        // Along the axis, each point is of the samples that come next.
        const inOrder = timed ? [...usable].sort(([, a], [, b]) => a - b) : usable;
        let at = 0;
        for (const point of points) {
          const own = inOrder.slice(at, at + point.count);
          at += point.count;
          const numbers = own.map(([value]) => value);
          expect(point.min).toBe(Math.min(...numbers));
          expect(point.max).toBe(Math.max(...numbers));
          expect(point.at?.getTime() ?? null).toBe(timed ? (own[0]?.[1] ?? Number.NaN) : null);
          expect(Number.isFinite(point.mean)).toBe(true);
          const tolerance = 1e-9 * Math.max(...numbers.map(Math.abs), 1e-300);
          expect(Math.abs(point.mean - meanOf(numbers))).toBeLessThanOrEqual(tolerance);
        }
        expect(at).toBe(usable.length);
        const distinct = new Set(usable.map(([, time]) => time)).size;
        if (timed && distinct <= most) expect(points).toHaveLength(distinct);
        expect(thinned).toBe((timed ? distinct : usable.length) > most);
        if (!timed) expect(points).toHaveLength(Math.min(most, usable.length));
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  const short = (points: SeriesPoint[]) =>
    points.map(({ at, mean, min, max, count }) => [at?.getTime() ?? null, mean, min, max, count]);

  test("of one instant are those of all cells", async () => {
    const given = [
      [4, 60],
      [1, 0],
      [3, 0],
      [Number.NaN, 0],
      [8, 60],
      [5, 120],
    ] as const;
    const { points } = await sumUp(samplesOf(given, true), 3);
    expect(short(points)).toEqual([
      [0, 2, 1, 3, 2],
      [60, 6, 4, 8, 2],
      [120, 5, 5, 5, 1],
    ]);
  });

  test("of more instants are of equal stretches of time, and what is empty is left out", async () => {
    const given = [
      [1, 0],
      [2, 10],
      [3, 11],
      [9, 100],
    ] as const;
    expect(short((await sumUp(samplesOf(given, true), 3)).points)).toEqual([
      [0, 2, 1, 3, 3],
      [100, 9, 9, 9, 1],
    ]);
  });

  test("without a time are of equal stretches of samples, in their order", async () => {
    const given = [5, 1, Number.NaN, 3, 2, 4].map((value) => [value, 0] as const);
    expect(short((await sumUp(samplesOf(given, false), 2)).points)).toEqual([
      [null, 3, 1, 5, 3],
      [null, 3, 2, 4, 2],
    ]);
  });

  test("have a mean even where their sum is beyond all numbers", async () => {
    const largest = Number.MAX_VALUE;
    const given = [largest, largest, largest, -largest].map((value) => [value, 0] as const);
    const { points } = await sumUp(samplesOf(given, true), 2);
    expect(points[0]?.mean).toBeCloseTo(largest / 2, -300);
    expect((await sumUp(samplesOf(given.slice(0, 3), true), 2)).points[0]?.mean).toBe(largest);
  });

  test("are timed where each of them that counts is", async () => {
    expect(
      await isTimed(
        samplesOf(
          [
            [1, 0],
            [Number.NaN, Number.NaN],
          ],
          true,
        ),
      ),
    ).toBe(true);
    expect(
      await isTimed(
        samplesOf(
          [
            [1, 0],
            [2, Number.NaN],
          ],
          true,
        ),
      ),
    ).toBe(false);
    expect(await isTimed(samplesOf([[1, 0]], false))).toBe(false);
    expect(await isTimed(samplesOf([], false))).toBe(true);
  });

  test("are summed up in slices that let others have their turn", async () => {
    const samples = {
      values: Float64Array.from({ length: 500_000 }, (_, i) => Math.sin(i)),
      times: Float64Array.from({ length: 500_000 }, (_, i) => i * 1000),
    };
    let turns = 0;
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const { points } = await sumUp(samples, 500);
    clearImmediate(next);
    expect(points).toHaveLength(500);
    // Three passes of ten slices.
    expect(turns).toBeGreaterThanOrEqual(25);
  });
});
