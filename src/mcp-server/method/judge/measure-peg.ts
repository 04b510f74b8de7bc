import type { Frame } from "./frame.js";
import { measureLevel } from "./measure-level.js";
import { measureRate } from "./measure-rate.js";
import { measureRatio } from "./measure-ratio.js";
import type { Measured } from "./measured.js";
import type { PegInput } from "./peg-input.js";

/** What was found of the ratios of one analysis, by their parts. */
export type KnownRatios = Map<string, ReturnType<typeof measureRatio>>;

/**
 * Measures a PEG as its kind asks for; as a level, with a warning, where its samples do not allow that.
 *
 * @param known thousands of ratios may name the same parts: these are looked at once
 */
export function measurePeg(peg: PegInput, frame: Frame, known: KnownRatios = new Map()): Measured {
  const { kind, absent } = peg;
  if (absent !== undefined) return withoutPart(kind, absent);
  if (kind === "rare_count") return measureRate(peg, frame) ?? asLevel(peg, frame, "not_counts_of_events");
  if (kind === "ratio") return knownRatio(peg, frame, known) ?? asLevel(peg, frame, "ratio_not_pooled");
  return measureLevel(peg, frame);
}

function knownRatio(peg: PegInput, frame: Frame, known: KnownRatios): ReturnType<typeof measureRatio> {
  if (!peg.parts) return undefined;
  const key = JSON.stringify([peg.names?.numerator, peg.names?.denominator]);
  if (!known.has(key)) known.set(key, measureRatio(peg, frame));
  return known.get(key);
}

function withoutPart(kind: PegInput["kind"], part: string): Measured {
  const how =
    kind === "rare_count" ? { design: "rate", scale: "rate" } : { design: "unpaired", scale: "pooled" };
  return { ...how, lacking: { reason: "part_absent", part }, n: 0, nEff: 0, dropped: [], warnings: [] };
}

function asLevel(peg: PegInput, frame: Frame, warning: string): Measured {
  const measured = measureLevel(peg, frame);
  return { ...measured, warnings: [...measured.warnings, warning] };
}
