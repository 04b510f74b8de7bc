import { momentsOf } from "../moments.js";
import type { Estimate } from "./estimate.js";

/** The mean of differences that are worth `nEff` independent ones: s / sqrt(n_eff), n_eff - 1 degrees of freedom. */
export function pairedEstimate(differences: readonly number[], nEff: number): Estimate {
  const { mean, standardDeviation } = momentsOf(differences);
  return { value: mean, error: standardDeviation / Math.sqrt(nEff), df: nEff - 1 };
}
