import type { PegJudge } from "../../../contract/judge.js";
import type { Direction } from "../pegs.js";
import { decide } from "./decide.js";
import type { Interval } from "./estimate.js";
import { benjaminiHochberg, holm } from "./many-tests.js";
import { TOO_LARGE } from "./measure-level.js";
import type { Measured } from "./measured.js";
import type { PegInput } from "./peg-input.js";
import { foundSentence, lackingSentence } from "./sentences.js";
import { SETTINGS } from "./settings.js";

export interface MeasuredPeg {
  peg: Omit<PegInput, "absent" | "points" | "parts" | "exposure">;
  measured: Measured;
}

/** The verdicts on the PEGs of one analysis, looked at together: each is one of many tests. */
export function judgePegs(measured: readonly MeasuredPeg[]): PegJudge[] {
  const pegs = measured.map(computable);
  const tested = pegs.filter(({ measured }) => measured.effect);
  const critical = tested.filter(({ peg }) => peg.critical);
  const qs = adjusted(tested, benjaminiHochberg);
  const holms = adjusted(critical, holm);
  return pegs.map((one) => judgePeg(one, qs.get(one), holms.get(one)));
}

/** A number that is none would spread to the q of all others. */
function computable(one: MeasuredPeg): MeasuredPeg {
  const { effect } = one.measured;
  if (!effect || !(Number.isNaN(effect.p) || Number.isNaN(effect.percent))) return one;
  const { effect: _, ...rest } = one.measured;
  return { peg: one.peg, measured: { ...rest, nEff: 0, lacking: TOO_LARGE } };
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
  const { design, scale, n, nEff, dropped, warnings, effect } = measured;
  const found = effect && conclusionOf(effect, q, band, direction);
  const { reason = "too_few_samples", needed, part } = measured.lacking ?? {};
  // Written out once, and what not every PEG has is added: thousands of copies would be collected as slowly as made.
  const judge: PegJudge = {
    verdict: found?.verdict ?? "insufficient_data",
    reason: found?.reason ?? reason,
    sentence: found
      ? foundSentence(found.verdict, found.reason, { ...found, band })
      : lackingSentence(reason, { n, needed, part }),
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
    change_percent: found ? finite(found.percent) : null,
  };
  if (!found) {
    if (needed !== undefined) judge.needed = needed;
    return judge;
  }
  const { larger, shift, variability } = measured;
  if (isTold(found.percent, found.interval)) judge.interval = ends(found.interval);
  if (isTold(found.percent, found.equivalence)) judge.equivalence_interval = ends(found.equivalence);
  judge.p = found.p;
  judge.q = q;
  if (pHolm !== undefined) judge.p_holm = pHolm;
  if (larger !== undefined) judge.p_better = direction === "lower_is_better" ? 1 - larger : larger;
  if (shift !== undefined && Number.isFinite(shift)) judge.shift = shift;
  if (variability && !Number.isNaN(variability.p))
    judge.variability = { ...variability, ratio: finite(variability.ratio) };
  return judge;
}

function conclusionOf(
  effect: NonNullable<Measured["effect"]>,
  q: number,
  band: number,
  direction: Direction,
) {
  const { percent, p } = effect;
  const interval = effect.interval(1 - SETTINGS.alpha);
  const equivalence = effect.interval(1 - 2 * SETTINGS.alpha);
  return {
    percent,
    p,
    interval,
    equivalence,
    ...decide({ percent, interval, equivalence, p, q, band, direction }),
  };
}

/** From a level of 0 there are no percentages: an interval without ends would read as if it could be anything. */
function isTold(percent: number, { low, high }: Interval): boolean {
  return [percent, low, high].some(Number.isFinite);
}

function ends({ low, high }: Interval) {
  return { low: finite(low), high: finite(high) };
}

/** JSON has no infinity, and no negative zero. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}
