import { describe, expect, test } from "vitest";
import { changeBetween } from "../../../src/mcp-server/method/change.js";
import { confidenceOf } from "../../../src/mcp-server/method/confidence.js";
import { dataQualityOf, evidenceOf } from "../../../src/mcp-server/method/data-quality.js";
import { significanceOf } from "../../../src/mcp-server/method/significance.js";
import { trendOf } from "../../../src/mcp-server/method/trend.js";

/** The doubles next to a boundary. */
const below = (value: number): number => value - value * Number.EPSILON;
const above = (value: number): number => value + value * Number.EPSILON;

describe("change", () => {
  test.each([
    { n1: 100, n: 120, absolute: 20, percent: 20 },
    { n1: 100, n: 80, absolute: -20, percent: -20 },
    { n1: -98, n: -88, absolute: 10, percent: (10 / 98) * 100 },
    { n1: -88, n: -98, absolute: -10, percent: (-10 / 88) * 100 },
    { n1: -5, n: 5, absolute: 10, percent: 200 },
    { n1: 60, n: 63, absolute: 3, percent: 5 },
    { n1: 30, n: 33, absolute: 3, percent: 10 },
    { n1: 15, n: 18, absolute: 3, percent: 20 },
    { n1: 6, n: 9, absolute: 3, percent: 50 },
    { n1: 5, n: 0, absolute: -5, percent: -100 },
    { n1: 0, n: 0, absolute: 0, percent: 0 },
  ])("from $n1 to $n is $percent percent", ({ n1, n, absolute, percent }) => {
    expect(changeBetween(n1, n)).toEqual({ absolute, percent });
  });

  test.each([
    { n: 7, percent: 100 },
    { n: -0.001, percent: -100 },
  ])("from 0 to $n is $percent percent and says why", ({ n, percent }) => {
    expect(changeBetween(0, n)).toEqual({ absolute: n, percent, note: "zero_baseline" });
  });
});

test.each([
  [0, "stable"],
  [below(5), "stable"],
  [-below(5), "stable"],
  [5, "up"],
  [-5, "down"],
  [100, "up"],
  [-100, "down"],
] as const)("a change of %d percent has the trend %s", (change, trend) => {
  expect(trendOf(change)).toBe(trend);
});

test.each([
  [0, "low"],
  [10, "low"],
  [-10, "low"],
  [above(10), "medium"],
  [-above(10), "medium"],
  [20, "medium"],
  [-20, "medium"],
  [above(20), "high"],
  [-above(20), "high"],
] as const)("a change of %d percent has the significance %s", (change, significance) => {
  expect(significanceOf(change)).toBe(significance);
});

test.each([
  [0, 3, "high"],
  [10, 3, "high"],
  [10, 2, "medium"],
  [0, 1, "medium"],
  [above(10), 100, "medium"],
  [30, 1, "medium"],
  [above(30), 100, "low"],
] as const)("an RSD of %d with %d samples is of %s quality", (rsd, count, quality) => {
  expect(dataQualityOf({ rsd, count })).toBe(quality);
});

test("evidence is the mean of both RSDs and the smaller count, without overflow", () => {
  expect(evidenceOf({ rsd: 10, count: 3 }, { rsd: 30, count: 100 })).toEqual({ rsd: 20, count: 3 });
  expect(evidenceOf({ rsd: 1.6e308, count: 3 }, { rsd: 1.7e308, count: 2 }).rsd).toBeCloseTo(1.65e308, -300);
});

describe("confidence", () => {
  test.each([
    [10, 1],
    [1000, 1],
    [9, 0.9],
    [5, 0.9],
    [4, 0.8],
    [3, 0.8],
    [2, 0.6],
    [1, 0.6],
  ])("%d samples count %d", (count, factor) => {
    expect(confidenceOf({ rsd: 0, count }, 0)).toBe(0.85 * factor);
  });

  test.each([
    [0, 1],
    [10, 1],
    [above(10), 0.9],
    [30, 0.9],
    [above(30), 0.7],
    [1e300, 0.7],
  ])("an RSD of %d counts %d", (rsd, factor) => {
    expect(confidenceOf({ rsd, count: 10 }, 0)).toBe(0.85 * factor);
  });

  test.each([
    [0, 1],
    [below(20), 1],
    [20, 0.9],
    [-20, 0.9],
    [below(50), 0.9],
    [50, 0.8],
    [-50, 0.8],
    [-1e300, 0.8],
  ])("a change of %d percent counts %d", (change, factor) => {
    expect(confidenceOf({ rsd: 0, count: 10 }, change)).toBe(0.85 * factor);
  });

  test("factors multiply", () => {
    expect(confidenceOf({ rsd: 31, count: 2 }, 50)).toBe(0.85 * 0.6 * 0.7 * 0.8);
  });
});
