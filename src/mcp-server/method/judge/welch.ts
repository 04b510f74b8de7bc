import { momentsOf } from "../moments.js";
import type { Estimate } from "./estimate.js";
import { unitFor } from "./unit.js";

export interface Side {
  values: ArrayLike<number>;
  /** How many independent samples they are worth. */
  nEff: number;
}

/**
 * The difference of two means with unequal variances (Welch, Biometrika 34, 1947), degrees of freedom after
 * Satterthwaite (Biometrics Bulletin 2, 1946), both with effective sizes in the place of n.
 */
export function welchEstimate(before: Side, after: Side): Estimate {
  const [one, other] = [momentsOf(before.values), momentsOf(after.values)];
  const unit = unitFor(Math.max(one.standardDeviation, other.standardDeviation));
  const v1 = (one.standardDeviation * unit) ** 2 / before.nEff;
  const v2 = (other.standardDeviation * unit) ** 2 / after.nEff;
  const total = v1 + v2;
  const df =
    total === 0 ? 1 : 1 / ((v1 / total) ** 2 / (before.nEff - 1) + (v2 / total) ** 2 / (after.nEff - 1));
  return { value: other.mean - one.mean, error: Math.sqrt(total) / unit, df };
}
