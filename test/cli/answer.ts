import type { CompletedComparison, PegComparisonResult } from "../../src/contract/comparison.js";

export interface PegOptions {
  n1?: number;
  n?: number;
  change?: number;
  weight?: number;
  note?: string;
}

/** One compared PEG, by what a table shows of it. */
export function peg(peg_name: string, options: PegOptions = {}): PegComparisonResult {
  const { n1 = 100, n = 110, change = 10, weight = 5, note } = options;
  const statistics = { rsd: 1, values: [], count: 3 };
  return {
    peg_name,
    weight,
    n1_period: { ...statistics, avg: n1 },
    n_period: { ...statistics, avg: n },
    comparison: {
      change_percent: change,
      change_absolute: n - n1,
      trend: Math.abs(change) < 5 ? "stable" : change > 0 ? "up" : "down",
      significance: Math.abs(change) > 20 ? "high" : Math.abs(change) > 10 ? "medium" : "low",
      confidence: 0.85,
      ...(note === undefined ? {} : { note }),
    },
  };
}

/** A comparison of PEGs, with its summary as given. */
export function answerOf(
  pegs: PegComparisonResult[],
  summary: Partial<CompletedComparison["data"]["summary"]> = {},
  skipped: { peg_name: string; reason: string }[] = [],
): CompletedComparison {
  const time = new Date("2024-01-15T00:00:00Z");
  return {
    success: true,
    status: "COMPLETED",
    cached: false,
    processing_time: 0.0123,
    mcp_version: "v2.1.0",
    data: {
      analysis_id: "of-a-test",
      peg_comparison_results: pegs,
      summary: {
        total_pegs: pegs.length,
        improved: pegs.length,
        declined: 0,
        stable: 0,
        weighted_avg_change: 10,
        overall_trend: "improving",
        ...summary,
      },
      analysis_metadata: {
        calculated_at: time,
        algorithm_version: "v2.1.0",
        period_definition: {
          n1_start: new Date("2024-01-01T00:00:00Z"),
          n1_end: new Date("2024-01-07T23:00:00Z"),
          n_start: new Date("2024-01-08T00:00:00Z"),
          n_end: new Date("2024-01-14T23:00:00Z"),
        },
        skipped_pegs: skipped,
      },
    },
  };
}
