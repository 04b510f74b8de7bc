/** Halvings until the range is as fine as a double of its own size. */
const HALVINGS = 53;

/**
 * The median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963). The
 * differences are never listed: the range is halved and what lies below is counted, with both sides sorted.
 */
export function hodgesLehmann(before: readonly number[], after: readonly number[]): number {
  const [x, y] = [Float64Array.from(before).sort(), Float64Array.from(after).sort()];
  const pairs = x.length * y.length;
  const lower = kthDifference(x, y, Math.ceil(pairs / 2));
  if (pairs % 2 === 1 || countAtMost(x, y, lower) > pairs / 2) return lower;
  return (lower + leastAbove(x, y, lower)) / 2;
}

/** The k-th smallest difference, k from 1. */
function kthDifference(x: Float64Array, y: Float64Array, k: number): number {
  let low = (y[0] as number) - (x[x.length - 1] as number);
  let high = (y[y.length - 1] as number) - (x[0] as number);
  if (countAtMost(x, y, low) >= k) return low;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low + (high - low) / 2;
    if (countAtMost(x, y, middle) >= k) high = middle;
    else low = middle;
  }
  return leastAbove(x, y, low);
}

function countAtMost(x: Float64Array, y: Float64Array, limit: number): number {
  let count = 0;
  let j = 0;
  for (const before of x) {
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
