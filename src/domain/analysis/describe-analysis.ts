import type { AnalysisCreateOutput } from "../../contract/analysis.js";
import type { analysisResults } from "../../db/schema.js";

type Row = Pick<
  typeof analysisResults.$inferSelect,
  "id" | "name" | "dataVersion" | "rowCount" | "pegCount" | "cellCount" | "createdAt"
>;

/** What every answer about an analysis tells. */
export function describeAnalysis(row: Row): AnalysisCreateOutput {
  return {
    id: row.id,
    name: row.name,
    data_version: row.dataVersion,
    rows: row.rowCount,
    pegs: row.pegCount,
    cells: row.cellCount,
    created_at: row.createdAt,
  };
}

type PeriodRow = Pick<typeof analysisResults.$inferSelect, "n1Start" | "n1End" | "nStart" | "nEnd">;

export function describePeriods({ n1Start, n1End, nStart, nEnd }: PeriodRow) {
  return { n1_start: n1Start, n1_end: n1End, n_start: nStart, n_end: nEnd };
}
