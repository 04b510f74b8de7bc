/** Halvings after which no double lies between two bounds. */
const HALVINGS = 1100;

/**
 * The median of all differences after - before (Hodges & Lehmann, Annals of Mathematical Statistics 34, 1963). The
 * differences are never listed: each is found by halving the range and counting, with both sides sorted.
 */
export function hodgesLehmann(before: readonly number[], after: readonly number[]): number {
  const [x, y] = [Float64Array.from(before).sort(), Float64Array.from(after).sort()];
  const pairs = x.length * y.length;
  const upper = kthDifference(x, y, Math.floor(pairs / 2) + 1);
  return pairs % 2 === 1 ? upper : (kthDifference(x, y, pairs / 2) + upper) / 2;
}

/** The k-th smallest difference, k from 1. */
function kthDifference(x: Float64Array, y: Float64Array, k: number): number {
  let low = (y[0] as number) - (x[x.length - 1] as number);
  let high = (y[y.length - 1] as number) - (x[0] as number);
  if (countAtMost(x, y, low) >= k) return low;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (countAtMost(x, y, middle) >= k) high = middle;
    else low = middle;
  }
  return high;
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
