import { createHash } from "node:crypto";
import { OVERALL_BAND_PERCENT } from "../../../contract/numbers.js";

/** What the judge goes by. A change of any changes the hash in its answers. */
export const SETTINGS = {
  /** Of the 95 % interval, and what q must not exceed. */
  alpha: 0.05,
  /** Changes within it, in percent, are minor; a definition's `band_percent` goes before. */
  bandPercent: 5,
  /** The weighted change within which the whole is stable, percent. */
  overallBandPercent: OVERALL_BAND_PERCENT,
  minPairs: 12,
  minCoverage: 0.8,
  /** The correlation of neighbours that is taken for granted where samples have no time. */
  assumedLag1: 0.5,
  /** More or less variable from here on. */
  variabilityAlpha: 0.01,
  timeZone: "UTC",
} as const;

/** @param used whatever else the answer depends on, with keys in an order of our own making */
export function settingsHash(used: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify({ settings: SETTINGS, used }))
    .digest("hex");
}
