import betaCdf from "@stdlib/stats-base-dists-beta-cdf";
import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import tCdf from "@stdlib/stats-base-dists-t-cdf";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";

export { betaCdf, betaQuantile, tQuantile };

/** Twice the tail of Student's t beyond |t|. Tails are asked from the left, where nothing cancels. */
export function tTwoSided(t: number, df: number): number {
  return Math.min(1, 2 * tCdf(-Math.abs(t), df));
}

/** The upper tail of F: I_x(d2/2, d1/2) at x = d2 / (d2 + d1 F) (Abramowitz & Stegun 26.6.2). */
export function fUpperTail(f: number, d1: number, d2: number): number {
  return betaCdf(d2 / (d2 + d1 * f), d2 / 2, d1 / 2);
}
