import { brownForsythe } from "./brown-forsythe.js";
import type { Both } from "./samples-of.js";
import { scratchFloats, scratchWhole } from "./scratch.js";
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

/** No profile: all values are of one place. */
const WHOLE = { daily: 1, places: undefined };

/** The place of each value of a series on its day. */
export interface DailyPlaces {
  /** Slots in a day. */
  daily: number;
  places: Uint32Array;
}

/**
 * What is left of a series after its daily profile: each slot of day less its own mean, stretched by
 * sqrt(m / (m - 1)) for the mean of m days that was taken out. A slot of one day only tells nothing and is left out. Of
 * fewer than three days the mean alone is taken out.
 *
 * @param profile absent where values have no times
 */
export function residuals(series: ArrayLike<number>, profile?: DailyPlaces): Float64Array {
  const { length } = series;
  const { daily, places } = profile && length >= MIN_DAYS * profile.daily ? profile : WHOLE;
  const means = scratchFloats(daily);
  const counts = scratchWhole(daily);
  for (let i = 0; i < length; i++) {
    const place = places ? (places[i] as number) : 0;
    means[place] = (means[place] as number) + (series[i] as number);
    counts[place] = (counts[place] as number) + 1;
  }
  const stretches = scratchFloats(daily);
  for (let place = 0; place < daily; place++) {
    const count = counts[place] as number;
    means[place] = (means[place] as number) / count;
    stretches[place] = Math.sqrt(count / (count - 1));
  }
  const left = scratchFloats(length);
  let kept = 0;
  for (let i = 0; i < length; i++) {
    const place = places ? (places[i] as number) : 0;
    if (counts[place] === 1) continue;
    left[kept++] = ((series[i] as number) - (means[place] as number)) * (stretches[place] as number);
  }
  return kept === length ? left : left.subarray(0, kept);
}
