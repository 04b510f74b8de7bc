import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useState } from "react";
import { isPegError } from "../../client/is-peg-error.js";
import type { CompletedComparison, PegComparisonStatusOutput, TaskState } from "../../contract/comparison.js";
import { trpc } from "../api/client.js";
import type { Fault } from "../shell/states.js";

const AGAIN_AFTER_MS = 5000;

/** What the view of a comparison shows: the comparison, the task that computes it, or why there is neither. */
export interface Comparison {
  completed: CompletedComparison | undefined;
  task: PegComparisonStatusOutput | TaskState | undefined;
  /** What ended the view. */
  error: Fault | null;
  /** What keeps it waiting, and is being tried again. */
  trouble: Fault | null;
  refetch: () => void;
  /** A task was started anew: what is shown is not the comparison any more. */
  follow: (task: PegComparisonStatusOutput) => void;
}

/**
 * Asks for a comparison, and follows the task that computes it to its end: over lost connections and restarted
 * servers, without anybody's help.
 */
export function useComparison(id: string): Comparison {
  const queryClient = useQueryClient();
  const input = { id, async: true };
  const options = trpc.pegComparison.get.queryOptions(input);
  const query = useQuery(options);
  const answer = query.data;
  const [seen, setSeen] = useState<PegComparisonStatusOutput>();
  const running = answer?.status === "PENDING" || answer?.status === "PROCESSING" ? answer : undefined;

  const refetch = () => void query.refetch();
  const stream = useSubscription(
    trpc.pegComparison.watch.subscriptionOptions(
      { id, task_id: running?.task_id },
      {
        enabled: running !== undefined,
        onData({ data }) {
          setSeen(data);
          // To ask again after a failure would begin another task, of which the same may come: that is for people.
          if (data.status === "COMPLETED") refetch();
        },
      },
    ),
  );
  const { status, error: streamError, reset } = stream;
  const gone = streamError !== null && isFinal(streamError);
  useEffect(() => {
    if (status !== "error" || gone) return;
    const timer = setTimeout(reset, AGAIN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [status, gone, reset]);

  return {
    completed: answer?.status === "COMPLETED" ? answer : undefined,
    task: answer && answer.status !== "COMPLETED" ? latest(answer, seen) : undefined,
    error: gone ? streamError : query.error,
    trouble: query.failureReason ?? (status === "connecting" ? streamError : null),
    refetch,
    follow(task) {
      setSeen(undefined);
      const { status } = task;
      if (status === "COMPLETED") refetch();
      else queryClient.setQueryData(options.queryKey, { ...task, status });
    },
  };
}

function isFinal(error: Fault): boolean {
  return isPegError(error, "PERMISSION_DENIED") || isPegError(error, "ANALYSIS_NOT_FOUND");
}

/** What the stream told last, unless it was of another task. */
function latest(answer: TaskState, seen: PegComparisonStatusOutput | undefined) {
  return seen?.task_id === answer.task_id && answer.status !== "FAILED" ? seen : answer;
}
