import type { JudgeVerdict, PegJudge, SummaryJudge } from "../../../contract/judge.js";
import { VERDICTS } from "../../../contract/judge.js";
import type { Decision } from "./decide.js";
import { sumOf } from "./pooled-ratio.js";
import { overallSentence } from "./sentences.js";
import { SETTINGS } from "./settings.js";

export interface JudgedPeg {
  weight: number;
  judge: PegJudge;
}

type Weighted = { percent: number; low: number; high: number };

/** @param used version and settings, as they are told. @param skipped PEGs that have samples in one period only */
export function judgeSummary(
  pegs: readonly JudgedPeg[],
  skipped: number,
  used: Pick<SummaryJudge, "time_zone" | "method_version" | "settings_hash">,
): SummaryJudge {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<JudgeVerdict, number>;
  for (const { judge } of pegs) counts[judge.verdict]++;
  counts.insufficient_data += skipped;
  const tested = pegs.filter(({ judge }) => judge.p !== undefined);
  const weighted = weigh(pegs);
  const { verdict, reason } = overall(pegs, counts, tested.length, weighted);
  const unweighed = tested.filter(
    ({ judge }) => judge.contribution === undefined && isDirected(judge.verdict),
  );
  const all = pegs.length + skipped;
  return {
    verdict,
    reason,
    sentence: overallSentence(verdict, reason, {
      weighted,
      tested: tested.map(({ judge }) => judge.verdict),
      unweighed: unweighed.map(({ judge }) => judge.verdict),
    }),
    counts,
    tested: tested.length,
    tested_critical: tested.filter(({ judge }) => judge.critical).length,
    ...(weighted && { weighted_change: weighted }),
    share_inconclusive: all === 0 ? 0 : counts.inconclusive / all,
    share_insufficient: all === 0 ? 0 : counts.insufficient_data / all,
    ...used,
  };
}

/**
 * The weighted change and each PEG's part in it, which is written into its block. The interval's ends are the weighted
 * ends of the PEGs' intervals: wide enough however the PEGs depend on each other.
 */
function weigh(pegs: readonly JudgedPeg[]): Weighted | undefined {
  const weighed = pegs.flatMap(({ judge, weight }) => {
    const { change_percent: percent, interval, direction } = judge;
    if (direction === "neutral" || percent === null || interval?.low == null || interval.high == null)
      return [];
    const turned = direction === "lower_is_better";
    const low = turned ? -interval.high : interval.low;
    const high = turned ? -interval.low : interval.high;
    return [{ judge, weight, percent: turned ? -percent : percent, low, high }];
  });
  if (weighed.length === 0) return undefined;
  const weights = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const over = (pick: (peg: Weighted) => number): number =>
    sumOf(weighed.map((peg) => shareOf(pick(peg), peg.weight, weights))) + 0;
  const whole = {
    percent: over((peg) => peg.percent),
    low: over((peg) => peg.low),
    high: over((peg) => peg.high),
  };
  if (!Object.values(whole).every(Number.isFinite)) return undefined;
  for (const { judge, weight, percent } of weighed)
    judge.contribution = shareOf(percent, weight, weights) + 0;
  return whole;
}

function shareOf(percent: number, weight: number, weights: number): number {
  const product = percent * weight;
  return Number.isFinite(product) ? product / weights : percent * (weight / weights);
}

function isDirected(verdict: JudgeVerdict): boolean {
  return verdict === "improved" || verdict === "declined";
}

function overall(
  pegs: readonly JudgedPeg[],
  counts: Readonly<Record<JudgeVerdict, number>>,
  tested: number,
  weighted: Weighted | undefined,
): Decision {
  const band = SETTINGS.overallBandPercent;
  if (tested === 0) return { verdict: "insufficient_data", reason: "nothing_tested" };
  if (pegs.some(({ judge }) => judge.critical && judge.verdict === "declined")) {
    return { verdict: "declined", reason: "critical_declined" };
  }
  if (!weighted) return { verdict: "inconclusive", reason: "nothing_weighed" };
  const { percent, low, high } = weighted;
  if (low > 0 || high < 0) {
    if (Math.abs(percent) < band) return { verdict: "minor", reason: "weighted_inside_band" };
    const verdict = percent > 0 ? "improved" : "declined";
    if (counts[verdict] > 0) return { verdict, reason: "weighted_beyond_band" };
    return { verdict: isOfMinor(pegs, percent) ? "minor" : "inconclusive", reason: `no_peg_${verdict}` };
  }
  if (low > -band && high < band) return { verdict: "stable", reason: "weighted_equivalent" };
  return { verdict: "inconclusive", reason: "interval_too_wide" };
}

/** Whether minor changes make up most of a weighted one. */
function isOfMinor(pegs: readonly JudgedPeg[], percent: number): boolean {
  const minor = pegs.filter(({ judge }) => judge.verdict === "minor");
  return minor.reduce((sum, { judge }) => sum + (judge.contribution ?? 0), 0) / percent >= 0.5;
}
