import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useState } from "react";
import { isPegError } from "../../client/is-peg-error.js";
import type { CompletedComparison, PegComparisonStatusOutput, TaskState } from "../../contract/comparison.js";
import { reasonToWait } from "../api/asking-again.js";
import { signOutIfRefused, trpc } from "../api/client.js";
import type { Fault } from "../shell/states.js";
import { language } from "../words/words.js";
import { useFreshDetails } from "./use-fresh-details.js";

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
  useFreshDetails(id, answer);
  const running = answer?.status === "PENDING" || answer?.status === "PROCESSING" ? answer : undefined;

  const refetch = () => void query.refetch();
  const stream = useSubscription(
    trpc.pegComparison.watch.subscriptionOptions(
      { id, task_id: running?.task_id },
      {
        enabled: running !== undefined,
        onError: signOutIfRefused,
        onData({ data }) {
          setSeen(data);
          // To ask again after a failure would begin another task, of which the same may come: that is for people.
          if (data.status === "COMPLETED") refetch();
        },
      },
    ),
  );
  const { status, error: streamError, reset } = stream;
  // The error of a stream that is not needed any more stays with it.
  const gone = running !== undefined && streamError !== null && isFinal(streamError);
  useEffect(() => {
    if (status !== "error" || gone) return;
    const timer = setTimeout(reset, AGAIN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [status, gone, reset]);

  const task = answer && answer.status !== "COMPLETED" ? latest(answer, seen) : undefined;
  const failedTask = task?.status === "FAILED" ? task.task_id : undefined;

  function follow(task: PegComparisonStatusOutput) {
    setSeen(undefined);
    const { status } = task;
    if (status === "COMPLETED") refetch();
    else queryClient.setQueryData(options.queryKey, { ...task, status });
  }

  // Whatever is told of a task is told in the language that it was asked for in.
  useEffect(() =>
    language.subscribe(() => {
      if (failedTask === undefined) return reset();
      // The task, and not the comparison: to ask for that would begin another one.
      const status = trpc.pegComparison.status.queryOptions({ id, task_id: failedTask }, { staleTime: 0 });
      const tell = (told: PegComparisonStatusOutput) => {
        // Another one may have been begun meanwhile.
        const now = queryClient.getQueryData(options.queryKey);
        if (now && now.status !== "COMPLETED" && now.task_id === told.task_id) follow(told);
      };
      queryClient.fetchQuery(status).then(tell, () => undefined);
    }),
  );

  return {
    completed: answer?.status === "COMPLETED" ? answer : undefined,
    task,
    error: gone ? streamError : query.error,
    trouble: reasonToWait(query) ?? (running && !gone ? streamError : null),
    refetch() {
      // By itself it does not come back from what was final.
      if (gone) reset();
      refetch();
    },
    follow,
  };
}

/** Whether the caller may not see it any more, or it is gone: what was seen before does not count then. */
export function isFinal(error: Fault): boolean {
  return isPegError(error, "PERMISSION_DENIED") || isPegError(error, "ANALYSIS_NOT_FOUND");
}

/** What the stream told last, unless it was of another task. */
function latest(answer: TaskState, seen: PegComparisonStatusOutput | undefined) {
  return seen?.task_id === answer.task_id && answer.status !== "FAILED" ? seen : answer;
}
