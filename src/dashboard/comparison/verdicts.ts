import type { ComparisonSummary } from "../../contract/comparison.js";
import type { JudgeVerdict } from "../../contract/judge.js";

/** In the order in which they are shown: what matters most comes first, what could not be told last. */
export const VERDICTS = [
  "improved",
  "declined",
  "changed",
  "minor",
  "stable",
  "unchanged",
  "inconclusive",
  "insufficient_data",
] as const satisfies readonly JudgeVerdict[];

/** A sign beside the word, so that a verdict does not rest on its colour alone. */
export const SIGNS: Record<JudgeVerdict, string> = {
  improved: "✓",
  declined: "✗",
  changed: "≠",
  minor: "≈",
  stable: "=",
  unchanged: "=",
  inconclusive: "?",
  insufficient_data: "…",
};

/** The verdict on the whole: the judge's, or where none judged, that of the product's own rule. */
export function overallVerdict({ judge, overall_trend }: ComparisonSummary): JudgeVerdict {
  if (judge) return judge.verdict;
  return ({ improving: "improved", declining: "declined", stable: "stable" } as const)[overall_trend];
}

/** The weighted change to be shown, in percent: the judge's, which may weigh nothing; else that of the product's rule. */
export function weightedChange({ judge, weighted_avg_change }: ComparisonSummary): number | undefined {
  return judge ? judge.weighted_change?.percent : weighted_avg_change;
}

/** How many PEGs came to each verdict, those with none left out. */
export function verdictCounts(summary: ComparisonSummary): { verdict: JudgeVerdict; count: number }[] {
  const { judge, improved, declined, stable } = summary;
  const counts: Partial<Record<JudgeVerdict, number>> = judge?.counts ?? { improved, declined, stable };
  return VERDICTS.map((verdict) => ({ verdict, count: counts[verdict] ?? 0 })).filter(
    ({ count }) => count > 0,
  );
}
