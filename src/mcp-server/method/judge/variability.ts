import { brownForsythe } from "./brown-forsythe.js";
import type { Both } from "./samples-of.js";
import { scratchFloats } from "./scratch.js";
import { SETTINGS } from "./settings.js";

export interface Variability {
  flag: "more_variable" | "less_variable" | "same";
  p: number;
  /** Spread after over spread before. */
  ratio: number;
}

/** Whether the residuals of the two periods vary alike. A flag of its own: it has no share in the verdict. */
export function variabilityOf(
  { before, after }: Both<ArrayLike<number>>,
  sizeOf: (series: ArrayLike<number>, mean: number) => number,
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
export function residuals(series: ArrayLike<number>, daily: number): Float64Array {
  const { length } = series;
  const width = length >= MIN_DAYS * daily ? daily : 1;
  const left = scratchFloats(length);
  const sums = scratchFloats(width);
  for (let i = 0, place = 0; i < length; i++, place = place + 1 === width ? 0 : place + 1)
    sums[place] = (sums[place] as number) + (series[i] as number);
  for (let place = 0; place < width; place++) {
    const count = Math.ceil((length - place) / width);
    const mean = (sums[place] as number) / count;
    const stretch = count > 1 ? Math.sqrt(count / (count - 1)) : 1;
    for (let i = place; i < length; i += width) left[i] = ((series[i] as number) - mean) * stretch;
  }
  return left;
}
