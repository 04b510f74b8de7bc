import { logBinomialMass } from "./binomial-mass.js";
import { betaCdf, betaQuantile } from "./distributions.js";
import type { Interval } from "./estimate.js";

/** Outcomes count as equally likely up to here, as in R's binom.test. */
const SLACK = Math.log1p(1e-7);

/** P(X <= k) as an incomplete beta function (Abramowitz & Stegun 26.5.24). */
function binomialAtMost(k: number, n: number, share: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betaCdf(1 - share, n - k, k + 1);
}

export function binomialAtLeast(k: number, n: number, share: number): number {
  if (k > n) return 0;
  return k <= 0 ? 1 : betaCdf(share, k, n - k + 1);
}

/** The exact binomial test, two-sided: the chance of all outcomes that are no more likely than k of n. */
export function binomialTwoSided(k: number, n: number, share: number): number {
  if (k === n * share) return 1;
  if (k > n * share) return binomialTwoSided(n - k, n, 1 - share);
  const mirrored = mirroredOutcome(k, n, share);
  if (mirrored === undefined) return binomialAtMost(k, n, share);
  return Math.min(1, binomialAtMost(k, n, share) + binomialAtLeast(mirrored, n, share));
}

/**
 * The least outcome beyond the expected one that is no more likely than k, which is below it: from there on they only
 * get less likely, so it is found by halving, however many events there are.
 *
 * @returns undefined where even n of n is more likely
 */
function mirroredOutcome(k: number, n: number, share: number): number | undefined {
  if (share >= 1) return undefined;
  const limit = logBinomialMass(k, n, share) + SLACK;
  let low = Math.floor(n * share) + 1;
  let high = n;
  if (low > n || logBinomialMass(n, n, share) > limit) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (logBinomialMass(middle, n, share) <= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The exact interval of a share (Clopper & Pearson, Biometrika 26, 1934). */
export function clopperPearson(k: number, n: number, level: number): Interval {
  const tail = (1 - level) / 2;
  return {
    low: k === 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    high: k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
  };
}
