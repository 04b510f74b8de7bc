import type { ComparisonState } from "../../contract/analysis-list.js";
import { useWords } from "../words/words.js";

/** How far a comparison is that is not there yet. */
export function TaskState({ comparison: { status, progress } }: { comparison: ComparisonState }) {
  const { say } = useWords();
  if (status === null || status === "COMPLETED")
    return <p className="task-state hint">{say("Not compared yet: open it to compare.")}</p>;
  if (status === "FAILED")
    return <p className="task-state problem">{say("The comparison failed: open it to see why.")}</p>;
  const label = status === "PENDING" ? say("Waiting for a worker") : say("Being compared");
  return (
    <p className="task-state">
      <progress max={100} value={progress} aria-label={label} /> {label}, {Math.round(progress)} %
    </p>
  );
}
