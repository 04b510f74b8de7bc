import { selectInPlace } from "./median.js";
import { scratchFloats } from "./scratch.js";

/** Halvings until the range is as fine as a double of its own size. */
const HALVINGS = 53;
/** So many differences, for each sample, may be listed. */
const LISTED = 2;
/** Where a difference is no double, they are taken of a sixteenth of each sample. */
const DOWN = 1 / 16;

/**
 * The median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963). The
 * range is halved and what lies below is counted, until the differences that are left are few enough to be listed.
 *
 * @param before sorted, as is `after`
 * @returns infinite where a double cannot hold it
 */
export function hodgesLehmann(before: Float64Array, after: Float64Array): number {
  if (!extremeDifferences(before, after).every(Number.isFinite))
    return hodgesLehmann(scaledDown(before), scaledDown(after)) / DOWN;
  const pairs = before.length * after.length;
  const lower = kthDifference(before, after, Math.ceil(pairs / 2));
  if (pairs % 2 === 1 || countAtMost(before, after, lower) > pairs / 2) return lower;
  const upper = leastAbove(before, after, lower);
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}

/** The least and the greatest difference. */
function extremeDifferences(x: Float64Array, y: Float64Array): [number, number] {
  const [first, last] = [x[0], x.at(-1)] as [number, number];
  return [(y[0] as number) - last, (y.at(-1) as number) - first];
}

function scaledDown(samples: Float64Array): Float64Array {
  return samples.map((sample) => sample * DOWN);
}

/** The k-th smallest difference, k from 1. */
function kthDifference(x: Float64Array, y: Float64Array, k: number): number {
  let [low, high] = extremeDifferences(x, y);
  let below = countAtMost(x, y, low);
  let within = x.length * y.length;
  if (below >= k) return low;
  const few = LISTED * (x.length + y.length);
  for (let i = 0; within - below > few; i++) {
    if (i === HALVINGS) {
      // Nearly always these are many that are the same.
      const least = leastAbove(x, y, low);
      if (countAtMost(x, y, least) >= k) return least;
    }
    // An outlier may stretch the range so far that halving it tells nothing: then the doubles in it are halved.
    const middle = i < HALVINGS ? middleOf(low, high) : middleDouble(low, high);
    if (middle <= low || middle >= high) return high;
    const count = countAtMost(x, y, middle);
    if (count >= k) {
      high = middle;
      within = count;
    } else {
      low = middle;
      below = count;
    }
  }
  return selectInPlace(differencesIn(x, y, low, high, within - below), k - below - 1);
}

/** Half way between two, also where the way is longer than a double holds. */
function middleOf(low: number, high: number): number {
  const range = high - low;
  return Number.isFinite(range) ? low + range / 2 : low / 2 + high / 2;
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** As many doubles lie between it and `low` as between it and `high`; `low` where there are none. */
function middleDouble(low: number, high: number): number {
  const number = (numberOf(low) + numberOf(high)) >> 1n;
  bits[0] = number < 0n ? -number : number;
  return number < 0n ? -(double[0] as number) : (double[0] as number);
}

/** Doubles numbered in their order, 0 being 0: their bits are a sign and such a number. */
function numberOf(value: number): bigint {
  double[0] = Math.abs(value);
  return value < 0 ? -(bits[0] as bigint) : (bits[0] as bigint);
}

/** Those above `low`, up to `high`. */
function differencesIn(
  x: Float64Array,
  y: Float64Array,
  low: number,
  high: number,
  count: number,
): Float64Array {
  const found = scratchFloats(count);
  let size = 0;
  let from = 0;
  for (let i = 0; i < x.length; i++) {
    const before = x[i] as number;
    while (from < y.length && (y[from] as number) - before <= low) from++;
    for (let j = from; j < y.length && (y[j] as number) - before <= high; j++)
      found[size++] = (y[j] as number) - before;
  }
  return found;
}

function countAtMost(x: Float64Array, y: Float64Array, limit: number): number {
  let count = 0;
  let j = 0;
  for (let i = 0; i < x.length; i++) {
    const before = x[i] as number;
    while (j < y.length && (y[j] as number) - before <= limit) j++;
    count += j;
  }
  return count;
}

/** The smallest difference that is larger than a limit. */
function leastAbove(x: Float64Array, y: Float64Array, limit: number): number {
  let least = Number.POSITIVE_INFINITY;
  let j = 0;
  for (const before of x) {
    while (j < y.length && (y[j] as number) - before <= limit) j++;
    if (j < y.length) least = Math.min(least, (y[j] as number) - before);
  }
  return least;
}
