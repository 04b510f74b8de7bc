import { ExactSum } from "../exact-sum.js";

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

/** @returns undefined where the denominators sum to no positive number */
export function pooledRatio({ numerators, denominators }: Parts): PooledRatio | undefined {
  const below = sumOf(denominators);
  if (!(below > 0)) return undefined;
  const ratio = sumOf(numerators) / below;
  const mean = below / denominators.length;
  const residuals = numerators.map(
    (numerator, i) => (numerator - ratio * (denominators[i] as number)) / mean,
  );
  return { ratio, residuals };
}

export function sumOf(values: ArrayLike<number>): number {
  const sum = new ExactSum();
  for (let i = 0; i < values.length; i++) sum.add(values[i] as number);
  return sum.value();
}
