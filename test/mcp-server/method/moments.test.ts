import { describe, expect, test } from "vitest";
import { momentsOf } from "../../../src/mcp-server/method/moments.js";
import { CERTIFIED } from "../nist/sets.js";

const relativeError = (actual: number, certified: number): number =>
  Math.abs((actual - certified) / certified);

describe("mean and deviation of the NIST StRD sets", () => {
  test.each(CERTIFIED)("$name is as certified", (set) => {
    expect(set.data).toHaveLength(set.count);
    const { mean, standardDeviation, rsd } = momentsOf(set.data);
    expect(relativeError(mean, set.mean)).toBeLessThanOrEqual(1e-14);
    expect(relativeError(standardDeviation, set.standardDeviation)).toBeLessThanOrEqual(
      set.deviationTolerance,
    );
    const certifiedRsd = (set.standardDeviation / Math.abs(set.mean)) * 100;
    expect(relativeError(rsd, certifiedRsd)).toBeLessThanOrEqual(2 * set.deviationTolerance);
  });

  test("the order of the samples changes no bit", () => {
    for (const { data } of CERTIFIED) expect(momentsOf([...data].reverse())).toEqual(momentsOf(data));
  });
});

describe("edges of mean and deviation", () => {
  test("no sample gives zeros", () => {
    expect(momentsOf([])).toEqual({ mean: 0, standardDeviation: 0, rsd: 0 });
  });

  test("one sample is its own mean and has no spread", () => {
    expect(momentsOf([-98.5])).toEqual({ mean: -98.5, standardDeviation: 0, rsd: 0 });
  });

  test("a constant is its own mean, to the last bit", () => {
    for (const value of [0.1, 1 / 3, -98.7, 1e308, 5e-324]) {
      expect(momentsOf(new Array(1001).fill(value))).toEqual({ mean: value, standardDeviation: 0, rsd: 0 });
    }
  });

  test("a mean of 0 has an RSD of 0", () => {
    expect(momentsOf([-1, 1])).toEqual({ mean: 0, standardDeviation: Math.SQRT2, rsd: 0 });
  });

  test("minus zero becomes zero", () => {
    expect(Object.is(momentsOf([-0, -0]).mean, 0)).toBe(true);
  });

  test("the RSD of negative samples is positive", () => {
    expect(momentsOf([-90, -100, -110]).rsd).toBe(10);
  });

  test("sums beyond the largest double still have their mean and RSD", () => {
    expect(momentsOf([1.5e308, 1.6e308, 1.7e308]).mean).toBe(1.6e308);
    expect(momentsOf([1.5e308, 1.6e308, 1.7e308]).rsd).toBeCloseTo(6.25, 12);
    expect(momentsOf([Number.MAX_VALUE, -Number.MAX_VALUE]).mean).toBe(0);
  });

  test("squares below the smallest double still have their deviation", () => {
    expect(momentsOf([1e-200, 2e-200, 3e-200]).standardDeviation).toBeCloseTo(1e-200, 212);
    expect(momentsOf([1e-200, 2e-200, 3e-200]).rsd).toBeCloseTo(50, 12);
  });

  test("what cancels leaves what is small, wherever it stands", () => {
    expect(momentsOf([1e300, 1e280, 3, -1e300, -1e280, 0]).mean).toBe(0.5);
  });

  test("half a million samples overflow no stack", () => {
    const samples = Array.from({ length: 500_000 }, (_, index) => index);
    expect(momentsOf(samples).mean).toBe(249_999.5);
  });
});
