import type { Moments } from "../moments.js";
import type { Estimate } from "./estimate.js";

/** The mean of differences that are worth `nEff` independent ones: s / sqrt(n_eff), n_eff - 1 degrees of freedom. */
export function pairedEstimate({ mean, standardDeviation }: Moments, nEff: number): Estimate {
  return { value: mean, error: standardDeviation / Math.sqrt(nEff), df: nEff - 1 };
}
