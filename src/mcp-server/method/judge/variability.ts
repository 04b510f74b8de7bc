import { brownForsythe } from "./brown-forsythe.js";
import type { Both } from "./samples-of.js";
import { SETTINGS } from "./settings.js";

export interface Variability {
  flag: "more_variable" | "less_variable" | "same";
  p: number;
  /** Spread after over spread before. */
  ratio: number;
}

/** Whether the residuals of the two periods vary alike. A flag of its own: it has no share in the verdict. */
export function variabilityOf(
  { before, after }: Both<readonly number[]>,
  sizeOf: (series: readonly number[]) => number,
): Variability {
  const { spreads, p } = brownForsythe([before, after], sizeOf);
  const [one = 0, other = 0] = spreads;
  const ratio = one === 0 && other === 0 ? 1 : other / one;
  const differs = p <= SETTINGS.variabilityAlpha;
  return { flag: !differs ? "same" : ratio > 1 ? "more_variable" : "less_variable", p, ratio };
}

const MIN_DAYS = 3;

/**
 * What is left of a series after its daily profile: each slot of day less its own mean, stretched by
 * sqrt(m / (m - 1)) for the mean of m days that was taken out. Of fewer than three days the mean alone is taken out.
 *
 * @param daily slots in a day
 */
export function residuals(series: readonly number[], daily: number): number[] {
  const width = series.length >= MIN_DAYS * daily ? daily : 1;
  const sums = new Float64Array(width);
  const counts = new Uint32Array(width);
  for (const [i, value] of series.entries()) {
    sums[i % width] = (sums[i % width] as number) + value;
    counts[i % width] = (counts[i % width] as number) + 1;
  }
  return series.map((value, i) => {
    const count = counts[i % width] as number;
    const stretch = count > 1 ? Math.sqrt(count / (count - 1)) : 1;
    return (value - (sums[i % width] as number) / count) * stretch;
  });
}
