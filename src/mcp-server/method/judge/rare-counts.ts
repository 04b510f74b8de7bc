import { binomialTwoSided, clopperPearson } from "./binomial.js";
import type { Interval } from "./estimate.js";

/** Events of one period and what they happened over: calls, hours, samples. */
export interface Events {
  count: number;
  exposure: number;
}

export interface RateChange {
  /** Rate after over rate before; infinite from a count of 0. */
  ratio: number;
  p: number;
  interval(level: number): Interval;
}

/**
 * Two Poisson rates compared by the exact conditional test: of k1 + k2 events k2 fall after with the share
 * e2 / (e1 + e2) where nothing changed (Przyborowski & Wilenski, Biometrika 31, 1940).
 */
export function compareRates(before: Events, after: Events): RateChange {
  const total = before.count + after.count;
  const exposure = before.exposure + after.exposure;
  const share = Number.isFinite(exposure)
    ? after.exposure / exposure
    : after.exposure / 2 / (before.exposure / 2 + after.exposure / 2);
  const ratioOf = (part: number): number =>
    part === 1 ? Number.POSITIVE_INFINITY : (part / (1 - part)) * (before.exposure / after.exposure);
  return {
    ratio: ratioOf(after.count / total),
    p: binomialTwoSided(after.count, total, share),
    interval: (level) => {
      const { low, high } = clopperPearson(after.count, total, level);
      return { low: ratioOf(low), high: ratioOf(high) };
    },
  };
}
