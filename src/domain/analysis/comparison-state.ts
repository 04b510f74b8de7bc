import type { ComparisonState } from "../../contract/analysis-list.js";
import { comparisonSummary } from "../../contract/comparison.js";
import type { TaskRow } from "../task/task-state.js";

interface Found {
  /** Of the stored comparison, as JSON text. */
  summary: string | null;
  /** Of the newest task. */
  status: TaskRow["status"] | null;
  progress: number | null;
}

/** How far a comparison is. What is stored counts, whatever became of tasks after it. */
export function describeComparisonState({ summary, status, progress }: Found): ComparisonState {
  if (summary !== null) {
    return { status: "COMPLETED", progress: 100, summary: comparisonSummary.parse(JSON.parse(summary)) };
  }
  // What a task has completed may be gone, since one comparison is kept of an analysis.
  return status === null || status === "COMPLETED"
    ? { status: null, progress: 0 }
    : { status, progress: progress ?? 0 };
}
