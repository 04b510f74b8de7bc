import type { PegJudge } from "../../../contract/judge.js";
import { decide } from "./decide.js";
import type { Interval } from "./estimate.js";
import { benjaminiHochberg, holm } from "./many-tests.js";
import type { Measured } from "./measured.js";
import type { PegInput } from "./peg-input.js";
import { foundSentence, lackingSentence } from "./sentences.js";
import { SETTINGS } from "./settings.js";

export interface MeasuredPeg {
  peg: Omit<PegInput, "points" | "parts" | "exposure">;
  measured: Measured;
}

/** The verdicts on the PEGs of one analysis, looked at together: each is one of many tests. */
export function judgePegs(pegs: readonly MeasuredPeg[]): PegJudge[] {
  const tested = pegs.filter(({ measured }) => measured.effect);
  const critical = tested.filter(({ peg }) => peg.critical);
  const qs = adjusted(tested, benjaminiHochberg);
  const holms = adjusted(critical, holm);
  return pegs.map((one) => judgePeg(one, qs.get(one), holms.get(one)));
}

function adjusted(
  pegs: readonly MeasuredPeg[],
  adjust: (ps: number[]) => number[],
): Map<MeasuredPeg, number> {
  const values = adjust(pegs.map(({ measured }) => measured.effect?.p ?? 1));
  return new Map(pegs.map((peg, i) => [peg, values[i] as number]));
}

function judgePeg({ peg, measured }: MeasuredPeg, q = 1, pHolm?: number): PegJudge {
  const { direction, directionSource, kind, kindSource, critical, bandPercent: band } = peg;
  const { design, scale, n, nEff, dropped, warnings, effect, lacking } = measured;
  const told = {
    direction,
    direction_source: directionSource,
    kind,
    kind_source: kindSource,
    critical,
    band_percent: band,
    design,
    scale,
    n,
    n_eff: nEff,
    dropped,
    warnings,
  };
  if (!effect) {
    const { reason, needed } = lacking ?? { reason: "too_few_samples" };
    return {
      verdict: "insufficient_data",
      reason,
      sentence: lackingSentence(reason, n, needed),
      ...told,
      change_percent: null,
      ...(needed !== undefined && { needed }),
    };
  }
  const { percent, p } = effect;
  const interval = effect.interval(1 - SETTINGS.alpha);
  const equivalence = effect.interval(1 - 2 * SETTINGS.alpha);
  const { verdict, reason } = decide({ percent, interval, equivalence, q, band, direction });
  const { larger, shift, variability } = measured;
  return {
    verdict,
    reason,
    sentence: foundSentence(verdict, reason, { percent, interval, band }),
    ...told,
    change_percent: finite(percent),
    interval: ends(interval),
    equivalence_interval: ends(equivalence),
    p,
    q,
    ...(pHolm !== undefined && { p_holm: pHolm }),
    ...(larger !== undefined && { p_better: direction === "lower_is_better" ? 1 - larger : larger }),
    ...(shift !== undefined && { shift }),
    ...(variability && { variability: { ...variability, ratio: finite(variability.ratio) } }),
  };
}

function ends({ low, high }: Interval) {
  return { low: finite(low), high: finite(high) };
}

/** JSON has no infinity, and no negative zero. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}
