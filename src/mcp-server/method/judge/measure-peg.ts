import type { Frame } from "./frame.js";
import { measureLevel } from "./measure-level.js";
import { measureRate } from "./measure-rate.js";
import { measureRatio } from "./measure-ratio.js";
import type { Measured } from "./measured.js";
import type { PegInput } from "./peg-input.js";

/** Measures a PEG as its kind asks for; as a level, with a warning, where its samples do not allow that. */
export function measurePeg(peg: PegInput, frame: Frame): Measured {
  if (peg.kind === "rare_count")
    return measureRate(peg, frame) ?? asLevel(peg, frame, "not_counts_of_events");
  if (peg.kind === "ratio") return measureRatio(peg, frame) ?? asLevel(peg, frame, "ratio_not_pooled");
  return measureLevel(peg, frame);
}

function asLevel(peg: PegInput, frame: Frame, warning: string): Measured {
  const measured = measureLevel(peg, frame);
  return { ...measured, warnings: [...measured.warnings, warning] };
}
