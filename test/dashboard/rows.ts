import type { PegComparisonResult } from "../../src/contract/comparison.js";
import type { PegJudge } from "../../src/contract/judge.js";

/** A PEG as an answer has it. */
export function pegResult(
  name: string,
  { weight = 5, change = 0, judge }: { weight?: number; change?: number; judge?: Partial<PegJudge> } = {},
): PegComparisonResult {
  const period = (avg: number) => ({ avg, rsd: 10, values: [avg - 1, avg, avg + 1], count: 3 });
  return {
    peg_name: name,
    weight,
    n1_period: period(100),
    n_period: period(100 + change),
    comparison: {
      change_percent: change,
      change_absolute: change,
      trend: Math.abs(change) < 5 ? "stable" : change > 0 ? "up" : "down",
      significance: Math.abs(change) > 20 ? "high" : Math.abs(change) > 10 ? "medium" : "low",
      confidence: 0.8,
    },
    ...(judge && {
      judge: {
        verdict: "stable",
        reason: "equivalent_within_band",
        sentence: { en: "Stable.", ko: "안정." },
        direction: "higher_is_better",
        kind: "gauge",
        critical: false,
        band_percent: 5,
        design: "unpaired",
        scale: "log",
        change_percent: change,
        n: 20,
        n_eff: 12,
        dropped: [],
        warnings: [],
        ...judge,
      },
    }),
  };
}
