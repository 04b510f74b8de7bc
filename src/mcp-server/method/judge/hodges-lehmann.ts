import { selectInPlace } from "./median.js";
import { scratchFloats } from "./scratch.js";

/** Halvings until the range is as fine as a double of its own size. */
const HALVINGS = 53;
/** So many differences, for each sample, may be listed. */
const LISTED = 2;

/**
 * The median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963). The
 * range is halved and what lies below is counted, until the differences that are left are few enough to be listed.
 *
 * @param before sorted, as is `after`
 */
export function hodgesLehmann(before: Float64Array, after: Float64Array): number {
  const pairs = before.length * after.length;
  const lower = kthDifference(before, after, Math.ceil(pairs / 2));
  if (pairs % 2 === 1 || countAtMost(before, after, lower) > pairs / 2) return lower;
  return (lower + leastAbove(before, after, lower)) / 2;
}

/** The k-th smallest difference, k from 1. */
function kthDifference(x: Float64Array, y: Float64Array, k: number): number {
  let low = (y[0] as number) - (x[x.length - 1] as number);
  let high = (y[y.length - 1] as number) - (x[0] as number);
  let below = countAtMost(x, y, low);
  let within = x.length * y.length;
  if (below >= k) return low;
  for (let i = 0; i < HALVINGS; i++) {
    if (within - below <= LISTED * (x.length + y.length))
      return selectInPlace(differencesIn(x, y, low, high, within - below), k - below - 1);
    const middle = low + (high - low) / 2;
    const count = countAtMost(x, y, middle);
    if (count >= k) {
      high = middle;
      within = count;
    } else {
      low = middle;
      below = count;
    }
  }
  return leastAbove(x, y, low);
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
