import { tQuantile, tTwoSided } from "./distributions.js";

/** An estimate of a change, with what its interval and its test need. */
export interface Estimate {
  value: number;
  /** Standard error, in the unit of the value. */
  error: number;
  /** Degrees of freedom of Student's t. */
  df: number;
}

export interface Interval {
  low: number;
  high: number;
}

/** By probability and degrees of freedom. */
const quantiles = new Map<number, Map<number, number>>();
const MAX_QUANTILES = 1_000;

/** That of Student's t. Most PEGs of an analysis have as many samples as the others, and it takes long to find. */
function quantileOf(p: number, df: number): number {
  let byDf = quantiles.get(p);
  if (!byDf || byDf.size >= MAX_QUANTILES) {
    byDf = new Map();
    quantiles.set(p, byDf);
  }
  const known = byDf.get(df);
  if (known !== undefined) return known;
  const quantile = tQuantile(p, df);
  byDf.set(df, quantile);
  return quantile;
}

/** @param level 0.95 for the 95 % interval */
export function intervalOf({ value, error, df }: Estimate, level: number): Interval {
  const reach = error === 0 ? 0 : error * quantileOf((1 + level) / 2, df);
  return { low: value - reach, high: value + reach };
}

/** The chance, two-sided, of an estimate at least so far from 0 where there is no change. */
export function pOf({ value, error, df }: Estimate): number {
  if (error === 0) return value === 0 ? 1 : 0;
  return tTwoSided(value / error, df);
}
