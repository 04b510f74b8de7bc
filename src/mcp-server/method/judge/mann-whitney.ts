/**
 * The probability that a sample of `after` is the larger one, ties half: Mann and Whitney's U over all pairs (Annals
 * of Mathematical Statistics 18, 1947). Both are sorted.
 */
export function shareLarger(before: Float64Array, after: Float64Array): number {
  let twice = 0;
  let below = 0;
  let atMost = 0;
  for (let j = 0; j < after.length; j++) {
    const value = after[j] as number;
    while (below < before.length && (before[below] as number) < value) below++;
    if (atMost < below) atMost = below;
    while (atMost < before.length && (before[atMost] as number) <= value) atMost++;
    twice += below + atMost;
  }
  return twice / 2 / (before.length * after.length);
}
