import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeBetween } from "../../../src/mcp-server/method/change.js";
import { ExactSum } from "../../../src/mcp-server/method/exact-sum.js";
import { momentsOf } from "../../../src/mcp-server/method/moments.js";
import { type Judged, summarize } from "../../../src/mcp-server/method/summary.js";
import * as rational from "./rational.js";

/** One unit in the last place, relative. */
const ULP = Number.EPSILON;
/** The smallest double, where relative precision ends. */
const TINY = Number.MIN_VALUE;
const LARGEST = rational.exact(Number.MAX_VALUE);

const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
const integers = fc.integer({ min: -1000, max: 1000 });
/** Samples that break naive methods: far from 0 and close together, cancelling, of all sizes, hardly there, nearly alike. */
const hardSamples = fc
  .oneof(
    fc.array(anyDouble, { minLength: 1, maxLength: 40 }),
    fc
      .tuple(anyDouble, fc.array(integers, { minLength: 1, maxLength: 40 }))
      .map(([base, steps]) =>
        steps.map((step) => base + step * Math.max(Math.abs(base) * ULP, TINY)).filter(Number.isFinite),
      ),
    fc
      .array(anyDouble, { minLength: 1, maxLength: 15 })
      .chain((half) =>
        fc.shuffledSubarray([...half, ...half.map((value) => -value), 1, 1e-9], { minLength: 1 }),
      ),
    fc.array(fc.double({ min: 1e307, max: Number.MAX_VALUE, noNaN: true }), { minLength: 1, maxLength: 20 }),
    fc.array(fc.double({ min: -1e-300, max: 1e-300, noNaN: true }), { minLength: 1, maxLength: 20 }),
    fc.array(fc.double({ min: -140, max: -40, noNaN: true }), { minLength: 1, maxLength: 60 }),
  )
  .filter((samples) => samples.length > 0);

const runs = { numRuns: 1500 };

describe("against exact rational arithmetic", () => {
  test("a sum is the nearest double", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 40 }),
        (terms) => {
          const sum = new ExactSum();
          for (const term of terms) sum.add(term);
          const expected = rational.exactSum(terms);
          const actual = sum.value();
          const gap = rational.absolute(rational.subtract(rational.exact(actual), expected));
          for (const neighbour of [
            actual - Math.max(Math.abs(actual) * ULP, TINY),
            actual + Math.max(Math.abs(actual) * ULP, TINY),
          ]) {
            const other = rational.absolute(rational.subtract(rational.exact(neighbour), expected));
            expect(rational.atMost(gap, other)).toBe(true);
          }
        },
      ),
      runs,
    );
  });

  test("a mean is the nearest double, but for a two-thousandth of a tie", () => {
    fc.assert(
      fc.property(hardSamples, (samples) => {
        // Samples beyond 2^960 are scaled by 2^-64, which costs bits of samples below 2^-958.
        const slack = samples.some((value) => Math.abs(value) >= 2 ** 960) ? 2 ** -980 : TINY;
        expect(
          rational.isWithin(momentsOf(samples).mean, rational.exactMean(samples), 0.5005 * ULP, slack),
        ).toBe(true);
      }),
      runs,
    );
  });

  test("a deviation, squared, is the variance to 4e-15", () => {
    fc.assert(
      fc.property(
        hardSamples.filter((samples) => samples.length > 1),
        (samples) => {
          const deviation = momentsOf(samples).standardDeviation;
          const variance = rational.exactVariance(samples);
          if (deviation === Number.POSITIVE_INFINITY) {
            expect(rational.atMost(rational.times(LARGEST, LARGEST), variance)).toBe(true);
            return;
          }
          // Below the smallest normal double a deviation itself has few bits.
          if (deviation < 2.3e-308) {
            expect(
              rational.atMost(variance, rational.times(rational.exact(2.4e-308), rational.exact(2.4e-308))),
            ).toBe(true);
            return;
          }
          const squared = rational.times(rational.exact(deviation), rational.exact(deviation));
          const gap = rational.absolute(rational.subtract(squared, variance));
          expect(rational.atMost(gap, rational.times(variance, rational.exact(4e-15)))).toBe(true);
        },
      ),
      runs,
    );
  });

  test("an RSD is the deviation over the mean, or infinite where no double holds it", () => {
    fc.assert(
      fc.property(hardSamples, (samples) => {
        const { mean, rsd, standardDeviation } = momentsOf(samples);
        expect(rsd).toBeGreaterThanOrEqual(0);
        if (mean === 0 || samples.length < 2) expect(rsd).toBe(0);
        else if (
          Number.isFinite(standardDeviation) &&
          Math.abs(mean) > 1e-290 &&
          standardDeviation > 1e-290
        ) {
          const expected = (standardDeviation / Math.abs(mean)) * 100;
          if (expected < 1e300) expect(Math.abs(rsd - expected)).toBeLessThanOrEqual(4 * ULP * expected);
        }
      }),
      runs,
    );
  });

  test("a change is the rounded difference and its percentage of the absolute baseline", () => {
    fc.assert(
      fc.property(anyDouble, anyDouble, (n1, n) => {
        const { absolute, percent, note } = changeBetween(n1, n);
        const difference = rational.subtract(rational.exact(n), rational.exact(n1));
        if (Number.isFinite(absolute)) expect(rational.isWithin(absolute, difference, ULP)).toBe(true);
        else expect(rational.atMost(LARGEST, rational.absolute(difference))).toBe(true);
        if (n1 === 0) {
          expect([percent, note]).toEqual(n === 0 ? [0, undefined] : [n > 0 ? 100 : -100, "zero_baseline"]);
          return;
        }
        expect(note).toBeUndefined();
        if (!Number.isFinite(percent)) return;
        const hundredfold = rational.times(difference, rational.whole(100));
        const expected = rational.over(hundredfold, rational.absolute(rational.exact(n1)));
        expect(rational.isWithin(percent, expected, 3 * ULP, 100 * TINY)).toBe(true);
      }),
      runs,
    );
  });

  test("a weighted average is within two units in the last place", () => {
    const judged: fc.Arbitrary<Judged> = fc.record({
      weight: fc.integer({ min: 1, max: 10 }),
      direction: fc.constantFrom("higher_is_better", "lower_is_better", "neutral"),
      changePercent: fc.oneof(anyDouble, fc.double({ min: -200, max: 200, noNaN: true })),
      trend: fc.constantFrom("up", "down", "stable"),
    });
    fc.assert(
      fc.property(fc.array(judged, { maxLength: 30 }), (pegs) => {
        const actual = summarize(pegs).weighted_avg_change;
        const counted = pegs.filter((peg) => peg.direction !== "neutral");
        if (counted.length === 0) {
          expect(actual).toBe(0);
          return;
        }
        let sum = rational.whole(0);
        let weights = 0;
        for (const peg of counted) {
          const change = rational.exact(
            peg.direction === "lower_is_better" ? -peg.changePercent : peg.changePercent,
          );
          sum = rational.add(sum, rational.times(change, rational.whole(peg.weight)));
          weights += peg.weight;
        }
        const slack = counted.some((peg) => Math.abs(peg.changePercent) >= 2 ** 960) ? 2 ** -980 : TINY;
        expect(rational.isWithin(actual, rational.over(sum, rational.whole(weights)), 2 * ULP, slack)).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });
});
