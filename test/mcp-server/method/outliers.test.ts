import { expect, test } from "vitest";
import { outliersOf, replaceOutliers } from "../../../src/mcp-server/method/outliers.js";

test("a sample beyond a fence is an outlier, one on the fence is not", () => {
  // Quartiles 2 and 4 by linear interpolation: fences at -1 and 7.
  expect(outliersOf([1, 2, 3, 4, 7]).count).toBe(0);
  expect(outliersOf([1, 2, 3, 4, 7.001]).count).toBe(1);
  expect(outliersOf([-1, 2, 3, 4, 5]).count).toBe(0);
  expect(outliersOf([-1.001, 2, 3, 4, 5]).count).toBe(1);
});

test("quartiles interpolate between samples", () => {
  // Quartiles 1.75 and 3.25: fences at -0.5 and 5.5; medians of halves would put the upper one at 6.5.
  expect(outliersOf([1, 2, 3, 4]).median).toBe(2.5);
  const { isOutlier } = outliersOf([1, 2, 3, 4]);
  expect([-0.51, -0.5, 5.5, 5.51].map(isOutlier)).toEqual([true, false, false, true]);
});

test("both ends are counted", () => {
  expect(outliersOf([-100, -90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200]).count).toBe(3);
});

test("alike samples have none, and any other sample among them is one", () => {
  expect(outliersOf([3, 3, 3, 3, 3]).count).toBe(0);
  expect(outliersOf([3, 3, 3, 3, 3, 3.0001]).count).toBe(1);
});

test("few samples have none", () => {
  expect(outliersOf([]).count).toBe(0);
  expect(outliersOf([5]).count).toBe(0);
  expect(outliersOf([1, 1e9]).count).toBe(0);
});

test("outliers give way to the median in place, and nothing else moves", () => {
  const samples = [5, 1000, 4, 6, 5, -1000, 5.5];
  expect(replaceOutliers(samples, outliersOf(samples))).toEqual([5, 5, 4, 6, 5, 5, 5.5]);
  expect(samples).toEqual([5, 1000, 4, 6, 5, -1000, 5.5]);
});

test("samples near the largest double do not overflow the fences", () => {
  const max = Number.MAX_VALUE;
  expect(outliersOf([-max, -max, max, max])).toMatchObject({ count: 0, median: 0 });
  expect(outliersOf([1, 2, 3, 4, 5, max]).count).toBe(1);
  expect(outliersOf([max, max, max, max, max, -max]).count).toBe(1);
});
