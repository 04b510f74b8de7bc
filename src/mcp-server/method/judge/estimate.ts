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

/** @param level 0.95 for the 95 % interval */
export function intervalOf({ value, error, df }: Estimate, level: number): Interval {
  const reach = error === 0 ? 0 : error * tQuantile((1 + level) / 2, df);
  return { low: value - reach, high: value + reach };
}

/** The chance, two-sided, of an estimate at least so far from 0 where there is no change. */
export function pOf({ value, error, df }: Estimate): number {
  if (error === 0) return value === 0 ? 1 : 0;
  return tTwoSided(value / error, df);
}
