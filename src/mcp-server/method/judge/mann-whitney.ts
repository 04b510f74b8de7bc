import { normalTwoSided } from "./distributions.js";

/** Of more samples than this, or of tied ones, the normal approximation is taken: R's own rule. */
const EXACT_BELOW = 50;

export interface RankTest {
  /** Pairs in which `after` is larger, ties half. */
  u: number;
  /** u over all pairs: the probability that a sample of `after` is the larger one. */
  better: number;
  /** Two-sided, as if all samples were independent. */
  p: number;
  exact: boolean;
}

/** The Mann-Whitney test (Annals of Mathematical Statistics 18, 1947). */
export function mannWhitney(before: readonly number[], after: readonly number[], exact?: boolean): RankTest {
  const [m, n] = [before.length, after.length];
  const { u, ties } = countPairs(Float64Array.from(before).sort(), Float64Array.from(after).sort());
  const byCounting = exact ?? (ties === 0 && m < EXACT_BELOW && n < EXACT_BELOW);
  const p = byCounting ? exactP(u, m, n) : asymptoticP(u, m, n, ties);
  return { u, better: u / (m * n), p, exact: byCounting };
}

/** The probability that a sample of `after` is the larger one, ties half. Both are sorted. */
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

/** Both sorted. `ties` is the sum of t^3 - t over groups of t equal samples. */
function countPairs(before: Float64Array, after: Float64Array): { u: number; ties: number } {
  const [m, n] = [before.length, after.length];
  let u = 0;
  let ties = 0;
  let i = 0;
  let j = 0;
  while (i < m || j < n) {
    const value = j === n || (i < m && (before[i] as number) < (after[j] as number)) ? before[i] : after[j];
    const below = i;
    const from = j;
    while (i < m && before[i] === value) i++;
    while (j < n && after[j] === value) j++;
    u += (j - from) * (below + (i - below) / 2);
    const size = i - below + j - from;
    ties += size * size * size - size;
  }
  return { u, ties };
}

/** With correction for continuity and for ties (Lehmann, Nonparametrics, 1975, section 1.4). */
function asymptoticP(u: number, m: number, n: number, ties: number): number {
  const all = m + n;
  const variance = ((m * n) / 12) * (all + 1 - ties / (all * (all - 1)));
  const distance = Math.abs(u - (m * n) / 2);
  return variance > 0 ? normalTwoSided(Math.max(0, distance - 0.5) / Math.sqrt(variance)) : 1;
}

/** Counts the orders that give each u: the coefficients of the Gaussian binomial, factor by factor. */
function exactP(u: number, m: number, n: number): number {
  const ways = new Float64Array(m * n + 1);
  ways[0] = 1;
  for (let k = 1; k <= m; k++) {
    for (let s = m * n; s >= n + k; s--) ways[s] = (ways[s] as number) - (ways[s - n - k] as number);
    for (let s = k; s <= m * n; s++) ways[s] = (ways[s] as number) + (ways[s - k] as number);
  }
  const least = Math.floor(Math.min(u, m * n - u));
  let total = 0;
  let tail = 0;
  for (const [s, count] of ways.entries()) {
    total += count;
    if (s <= least) tail += count;
  }
  return Math.min(1, (2 * tail) / total);
}
