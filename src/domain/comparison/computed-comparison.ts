import type { AnalysisMetadata, ComparisonSummary } from "../../contract/comparison.js";

/**
 * One compared PEG. Its big parts are JSON text that was checked against the contract when it came in:
 * they go to the database and to the caller as they are and are never walked again.
 */
export interface ComparedPeg {
  pegName: string;
  weight: number;
  /** JSON text of `n1_period`, `n_period` and `comparison`. */
  n1Period: string;
  nPeriod: string;
  comparison: string;
  /** JSON text of `judge`, where the service judges. */
  judge?: string | undefined;
  metadata?: { cell_id: string; calculated_at: Date; data_quality: "high" | "medium" | "low" } | undefined;
}

/** A comparison as the analysis service gave it, checked. */
export interface ComputedComparison {
  pegs: ComparedPeg[];
  summary: ComparisonSummary;
  analysisMetadata: AnalysisMetadata;
  /** Seconds. */
  processingTime: number;
  mcpVersion: string;
}
