import { eq } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import { awaitComputation, claimTask } from "../comparison/computation-lease.js";
import { computeUnderLease, mayPass } from "../comparison/compute-comparison.js";
import type { Services } from "../context.js";
import { PegError } from "../errors.js";
import type { JobRun } from "../ports.js";
import { isFinished } from "./task-state.js";

export interface TaskRun {
  taskId: string;
  requestId: string;
  /** No other run will follow. */
  last: boolean;
  /** Aborts when the worker has to stop: the task is given back. */
  signal: AbortSignal;
  /** Waits without keeping other tasks from being worked on. */
  aside: JobRun["aside"];
}

/**
 * Sees a task to its end: computes it, or waits for whoever does. To run it twice, or too late, changes nothing.
 *
 * @throws what another run may do better; what none can is the task's end, and no error of the run
 */
export async function runTask(services: Services, run: TaskRun): Promise<void> {
  const { taskId, signal, aside } = run;
  let failure: unknown;
  for (;;) {
    const [task] = await services.db
      .select()
      .from(pegComparisonTasks)
      .where(eq(pegComparisonTasks.id, taskId));
    if (!task || isFinished(task)) return;
    // Its end could not be noted: this job is all that will see to it.
    if (failure !== undefined) throw failure;
    signal.throwIfAborted();
    const lease = await claimTask(services, taskId);
    try {
      if (lease) await computeUnderLease(services, task, lease, { ...run, withProgress: true });
      else await aside(() => awaitComputation(services, taskId, signal));
    } catch (error) {
      if (signal.aborted || mayPass(error)) throw error;
      const code = error instanceof PegError ? error.code : "CONFLICT";
      services.logger.info({ task_id: taskId, request_id: run.requestId, code }, "a task failed");
      failure = error;
    }
  }
}
