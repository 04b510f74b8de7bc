import type { SeriesPoint } from "../../contract/analysis-series.js";
import { breathe } from "../breathe.js";

/** Samples between two breaths: a few milliseconds. */
const SAMPLES_PER_SLICE = 50_000;
/** Above the most samples that an analysis has: so many values, each divided by it, add up to a finite number. */
const SCALE = 2 ** 20;

/** Values at places along an axis of time or of samples; NaN is neither. */
export interface Samples {
  values: Float64Array;
  /** Milliseconds since 1970 of each; absent where the samples have no time. */
  times?: Float64Array | undefined;
}

/** Calls a function for each sample that has a value, and lets other requests have their turn in between. */
async function forEachSample(
  { values }: Samples,
  visit: (value: number, index: number) => void,
): Promise<void> {
  for (let start = 0; start < values.length; start += SAMPLES_PER_SLICE) {
    if (start > 0) await breathe();
    const end = Math.min(start + SAMPLES_PER_SLICE, values.length);
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      if (!Number.isNaN(value)) visit(value, i);
    }
  }
}

/** Whether every sample that has a value has a time. */
export async function isTimed(samples: Samples): Promise<boolean> {
  const { times } = samples;
  let timed = true;
  await forEachSample(samples, (_value, i) => {
    timed &&= times !== undefined && !Number.isNaN(times[i]);
  });
  return timed;
}

/** Finds the place of each sample along the axis: a number below `places`; of a stretch where it is thinned. */
type Axis = { places: number; thinned: boolean; placeOf: (index: number) => number };

/** One place an instant; equal stretches of time where there are too many instants. */
async function timeAxis(samples: Samples, times: Float64Array, points: number): Promise<Axis> {
  const instants = new Set<number>();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  await forEachSample(samples, (_value, i) => {
    const time = times[i] as number;
    if (instants.size <= points) instants.add(time);
    first = Math.min(first, time);
    last = Math.max(last, time);
  });
  if (instants.size <= points) {
    const inOrder = [...instants].sort((a, b) => a - b);
    const placeOfInstant = new Map(inOrder.map((time, place) => [time, place]));
    const placeOf = (i: number) => placeOfInstant.get(times[i] as number) as number;
    return { places: inOrder.length, thinned: false, placeOf };
  }
  const width = (last - first) / points;
  // The last instant ends the last stretch.
  const placeOf = (i: number) => Math.min(points - 1, Math.floor(((times[i] as number) - first) / width));
  return { places: points, thinned: true, placeOf };
}

/** Equal stretches of samples, in their order. */
function orderAxis(count: number, points: number): Axis {
  const places = Math.min(points, count);
  let seen = 0;
  return { places, thinned: places < count, placeOf: () => Math.floor((seen++ * places) / count) };
}

/**
 * Sums samples up to at most so many points, each of one instant where there are few enough, else of a stretch.
 *
 * @param samples all with times, or without
 * @returns how many samples have a value, whether points are stretches, and the points along the axis; stretches
 * without samples give none
 */
export async function sumUp(
  samples: Samples,
  points: number,
): Promise<{ samples: number; thinned: boolean; points: SeriesPoint[] }> {
  const { times } = samples;
  let count = 0;
  await forEachSample(samples, () => {
    count++;
  });
  const { places, thinned, placeOf } = times
    ? await timeAxis(samples, times, points)
    : orderAxis(count, points);
  const [sums, scaled, counts] = [
    new Float64Array(places),
    new Float64Array(places),
    new Uint32Array(places),
  ];
  const lowest = new Float64Array(places).fill(Number.POSITIVE_INFINITY);
  const highest = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
  const firsts = new Float64Array(places).fill(Number.POSITIVE_INFINITY);
  await forEachSample(samples, (value, i) => {
    const place = placeOf(i);
    sums[place] = (sums[place] as number) + value;
    scaled[place] = (scaled[place] as number) + value / SCALE;
    counts[place] = (counts[place] as number) + 1;
    if (value < (lowest[place] as number)) lowest[place] = value;
    if (value > (highest[place] as number)) highest[place] = value;
    if (times && (times[i] as number) < (firsts[place] as number)) firsts[place] = times[i] as number;
  });
  const summed: SeriesPoint[] = [];
  for (const [place, inPlace] of counts.entries()) {
    if (inPlace === 0) continue;
    const [sum, min, max] = [sums[place] as number, lowest[place] as number, highest[place] as number];
    const mean = Number.isFinite(sum) ? sum / inPlace : ((scaled[place] as number) / inPlace) * SCALE;
    summed.push({
      at: times ? new Date(firsts[place] as number) : null,
      // Rounding must not take a mean out of its samples.
      mean: Math.min(max, Math.max(min, mean)),
      min,
      max,
      count: inPlace,
    });
  }
  return { samples: count, thinned, points: summed };
}
