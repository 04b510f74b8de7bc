import type { PegComparisonStatusOutput, TaskState } from "../../contract/comparison.js";
import type { PermissionType } from "../../contract/permissions.js";
import { formatMinute } from "../format/times.js";
import { Details } from "../shell/states.js";
import { useWords } from "../words/words.js";

/** How far a comparison is that is being computed, or why it is not there. */
export function Progress({
  task,
  may,
  onRetry,
}: {
  task: PegComparisonStatusOutput | TaskState;
  may: (needed: PermissionType) => boolean;
  onRetry: () => void;
}) {
  const { say } = useWords();
  const { status, progress, estimated_completion: estimate, error } = task;
  if (status === "FAILED") {
    return (
      <section className="card failure" role="alert">
        <h2>{say("The comparison failed")}</h2>
        <p>{error?.message ?? say("The server did not say why.")}</p>
        <Details details={error?.details} />
        {may("write") ? (
          <p>{say("Recompute tries again. If the data is at fault, upload it anew.")}</p>
        ) : (
          <button type="button" onClick={onRetry}>
            {say("Try again")}
          </button>
        )}
      </section>
    );
  }
  const label = status === "PENDING" ? say("Waiting for a worker") : say("Being compared");
  return (
    <section className="card progress" aria-live="polite">
      <h2>{label}</h2>
      <progress max={100} value={progress} aria-label={label} />
      <p>
        {Math.round(progress)} %
        {estimate && ` · ${say("done at about {time} UTC", { time: formatMinute(estimate) })}`}
      </p>
      <p className="hint">{say("You may leave this page: the work goes on, and the result is kept.")}</p>
    </section>
  );
}
