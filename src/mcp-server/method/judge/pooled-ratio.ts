import { ExactSum } from "../exact-sum.js";
import { reachOf } from "./unit.js";

/** From here on sums may overflow, so they are taken of values scaled down. */
const HUGE = 2 ** 960;
const DOWN = 2 ** -64;

export interface Parts {
  numerators: Float64Array;
  denominators: Float64Array;
}

export interface PooledRatio {
  /** Sum of numerators over sum of denominators, never a mean of ratios. */
  ratio: number;
  /**
   * What each sample adds to the error of the ratio: (numerator - ratio * denominator) / mean denominator. Their
   * mean is 0 and s / sqrt(n) of them is the standard error (Cochran, Sampling Techniques, 1977, section 6.4).
   */
  residuals: Float64Array;
}

/** @returns undefined where the denominators sum to 0 or less; numbers that are not finite where no double holds them */
export function pooledRatio({ numerators, denominators }: Parts): PooledRatio | undefined {
  const scale = scaleFor(Math.max(reachOf(numerators), reachOf(denominators)));
  const below = scaledSum(denominators, scale);
  if (below <= 0) return undefined;
  const ratio = scaledSum(numerators, scale) / below;
  const mean = below / denominators.length;
  const residuals = numerators.map(
    (numerator, i) => (numerator * scale - ratio * ((denominators[i] as number) * scale)) / mean,
  );
  return { ratio, residuals };
}

/** @returns infinite where a double cannot hold it */
export function sumOf(values: ArrayLike<number>): number {
  const scale = scaleFor(reachOf(values));
  return scaledSum(values, scale) / scale;
}

function scaleFor(reach: number): number {
  return reach >= HUGE ? DOWN : 1;
}

function scaledSum(values: ArrayLike<number>, scale: number): number {
  const sum = new ExactSum();
  for (let i = 0; i < values.length; i++) sum.add((values[i] as number) * scale);
  return sum.value();
}
