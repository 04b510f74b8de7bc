import type { McpRequest } from "../../src/contract/mcp-protocol.js";

/** A request with as many rows as asked for, spread over its PEGs and both periods. */
export function analysisRequest({ pegs, rows }: { pegs: number; rows: number }): McpRequest {
  return {
    analysis_id: "large",
    raw_data: {
      stats: Array.from({ length: rows }, (_, i) => ({
        kpi_name: `PEG_${i % pegs}`,
        period: Math.floor(i / pegs) % 2 ? ("N" as const) : ("N-1" as const),
        avg: 100 + (i % 17),
        cell_id: `cell-${i % 5}`,
      })),
      peg_definitions: {},
      period_info: {
        n1_start: "2024-01-01",
        n1_end: "2024-01-07",
        n_start: "2024-01-08",
        n_end: "2024-01-14",
      },
    },
    options: {},
  };
}
