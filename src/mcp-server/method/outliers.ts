/** What 1.5 IQR fences say of one period. */
export interface Outliers {
  count: number;
  median: number;
  isOutlier(sample: number): boolean;
}

/** Sums and differences of samples up to the largest double fit once these are a sixteenth of themselves. */
const HUGE = 2 ** 1000;
const DOWN = 1 / 16;

/**
 * Tukey's fences: a sample below Q1 - 1.5 IQR or above Q3 + 1.5 IQR is an outlier, one on a fence is not.
 * Quartiles interpolate linearly at (n - 1) * p, which is type 7 of Hyndman & Fan (The American Statistician 50,
 * 1996), the default of R and NumPy.
 *
 * @param samples finite numbers; none are changed. @param sorted the same, smallest first
 */
export function outliersOf(
  samples: readonly number[],
  sorted: Float64Array = Float64Array.from(samples).sort(),
): Outliers {
  const count = sorted.length;
  if (count === 0) return { count: 0, median: 0, isOutlier: () => false };
  const reach = Math.max(Math.abs(sorted[0] as number), Math.abs(sorted[count - 1] as number));
  const scale = reach >= HUGE ? DOWN : 1;
  const first = quantile(sorted, 0.25, scale);
  const third = quantile(sorted, 0.75, scale);
  const low = first - 1.5 * (third - first);
  const high = third + 1.5 * (third - first);
  const isOutlier = (sample: number): boolean => sample * scale < low || sample * scale > high;

  let below = 0;
  while (below < count && isOutlier(sorted[below] as number)) below++;
  let above = 0;
  while (above < count - below && isOutlier(sorted[count - 1 - above] as number)) above++;
  return { count: below + above, median: quantile(sorted, 0.5, scale) / scale, isOutlier };
}

/** The samples with each outlier replaced by the median of all. */
export function replaceOutliers(samples: readonly number[], outliers: Outliers): number[] {
  return samples.map((sample) => (outliers.isOutlier(sample) ? outliers.median : sample));
}

function quantile(sorted: Float64Array, p: number, scale: number): number {
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const lower = (sorted[below] as number) * scale;
  const upper = (sorted[Math.min(below + 1, sorted.length - 1)] as number) * scale;
  return lower + (upper - lower) * (position - below);
}
