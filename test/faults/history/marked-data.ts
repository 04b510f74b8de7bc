import type { Seen } from "./operations.js";

/** Data that shows what it is: whoever reads what is computed of it knows which data that was. */

const PEGS = ["PEG_A", "PEG_B"];
const PERIODS = {
  n1_start: "2024-01-01T00:00:00Z",
  n1_end: "2024-01-07T23:59:59Z",
  n_start: "2024-01-08T00:00:00Z",
  n_end: "2024-01-14T23:59:59Z",
};

/** Raw data whose every value is the mark, and whose every cell has the name of the analysis. */
export function markedData(analysis: string, mark: number) {
  return {
    stats: PEGS.flatMap((kpi_name) =>
      ["N-1", "N"].map((period) => ({ kpi_name, period, avg: mark, cell_id: `cell-of-${analysis}` })),
    ),
    request_params: { peg_definitions: {} },
    period_info: PERIODS,
  };
}

export interface ComparisonRequest {
  analysis_id: string;
  raw_data: { stats: { kpi_name: string; avg: number; cell_id: string }[] };
}

/** What the analysis service answers: of each PEG the mark, as it came, and the number of the run. */
export function markedAnswer({ analysis_id, raw_data }: ComparisonRequest, run: number) {
  const calculated_at = new Date().toISOString();
  const pegs = PEGS.map((peg_name) => {
    const [before, after] = raw_data.stats.filter(({ kpi_name }) => kpi_name === peg_name);
    const period = (value = Number.NaN) => ({ avg: value, rsd: 0, values: [value], count: 1 });
    return {
      peg_name,
      weight: 5,
      n1_period: period(before?.avg),
      n_period: period(after?.avg),
      comparison: {
        change_percent: 0,
        change_absolute: run,
        trend: "stable",
        significance: "low",
        confidence: 1,
      },
      metadata: { cell_id: after?.cell_id ?? "", calculated_at, data_quality: "high" },
    };
  });
  return {
    success: true,
    data: {
      analysis_id,
      peg_comparison_results: pegs,
      summary: {
        total_pegs: pegs.length,
        improved: 0,
        declined: 0,
        stable: pegs.length,
        weighted_avg_change: raw_data.stats[0]?.avg,
        overall_trend: "stable",
      },
      analysis_metadata: { calculated_at, algorithm_version: "v2.1.0", period_definition: PERIODS },
    },
    processing_time: 0.01,
    mcp_version: `run-${run}`,
  };
}

/** The parts of an answer that show something; `get` and `summary` have different ones. */
interface Shown {
  data: {
    analysis_id: string;
    peg_comparison_results?: {
      n1_period: { values: number[] };
      n_period: { values: number[] };
      comparison: { change_absolute: number };
      metadata?: { cell_id: string };
    }[];
    summary: { weighted_avg_change: number };
  };
  mcp_version: string;
}

/** What an answer of the backend shows, from all of its parts. */
export function readSeen(answer: unknown): Seen {
  const { data, mcp_version } = answer as Shown;
  const pegs = data.peg_comparison_results ?? [];
  const cells = pegs.flatMap(({ metadata }) => (metadata ? [metadata.cell_id.slice("cell-of-".length)] : []));
  return {
    analyses: distinct([data.analysis_id, ...cells]),
    marks: distinct([
      data.summary.weighted_avg_change,
      ...pegs.flatMap(({ n1_period, n_period }) => [...n1_period.values, ...n_period.values]),
    ]),
    runs: distinct([
      Number(mcp_version.slice("run-".length)),
      ...pegs.map(({ comparison }) => comparison.change_absolute),
    ]),
  };
}

function distinct<T>(values: T[]): T[] {
  return [...new Set(values)];
}
