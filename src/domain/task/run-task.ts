import { eq } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import { claimTask } from "../comparison/computation-lease.js";
import { computeUnderLease, mayPass } from "../comparison/compute-comparison.js";
import type { Services } from "../context.js";
import { PegError, PutOff } from "../errors.js";
import type { Leave } from "../room.js";
import { isFinished, type TaskRow } from "./task-state.js";

/** While another process computes the same: it tells of its end itself, so that this matters only if it dies. */
const ELSEWHERE_S = 5;
/** Until others have left room. */
const NO_ROOM_S = 5;
/** While the service is left alone. */
const LEFT_ALONE_S = 5;
/** So long a task waits for a service that is away; then it is told so. */
const WAITS_MS = 3_600_000;

export interface TaskRun {
  taskId: string;
  requestId: string;
  /** No other run will follow. */
  last: boolean;
  /** Aborts when the worker has to stop: the task is given back. */
  signal: AbortSignal;
}

/** Whether it may still wait for a service that is away. */
function mayWait({ createdAt }: TaskRow, { clock }: Services): boolean {
  return clock.now() - createdAt.getTime() < WAITS_MS;
}

/** Seconds after which the service may be asked that was not even asked now; undefined for another failure. */
function unaskedFor(error: unknown, task: TaskRow, services: Services): number | undefined {
  const unasked = error instanceof PegError && error.untried;
  return unasked && mayWait(task, services) ? error.retryAfter : undefined;
}

/** Room for its rows, before the claim, so that whoever has room may have the task. One of a process waits in line. */
async function enterRoom({ comparisons }: Services, rows: number, signal: AbortSignal): Promise<Leave> {
  const leave = comparisons.enterNow(rows);
  if (leave) return leave;
  if (comparisons.isWaitedFor) throw new PutOff(NO_ROOM_S, "no room");
  return comparisons.enter(rows, signal);
}

/**
 * Sees a task to its end. To run it twice, or too late, changes nothing.
 *
 * @throws PutOff where there is nothing to do yet; what another run may do better. What none can is the task's end,
 *   and no error of the run
 */
export async function runTask(services: Services, run: TaskRun): Promise<void> {
  const { taskId, signal, last } = run;
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
    // Before its data is loaded for nothing.
    if (services.analysisService.state() === "open" && mayWait(task, services))
      throw new PutOff(LEFT_ALONE_S, "service away");
    const leaveRoom = await enterRoom(services, task.rowCount ?? 0, signal);
    try {
      const lease = await claimTask(services, taskId);
      if (!lease) throw new PutOff(ELSEWHERE_S, "elsewhere");
      const isEnd = (error: unknown) =>
        unaskedFor(error, task, services) === undefined && (last || !mayPass(error));
      await computeUnderLease(services, task, lease, { ...run, withProgress: true, isEnd });
    } catch (error) {
      if (signal.aborted || error instanceof PutOff) throw error;
      const seconds = unaskedFor(error, task, services);
      if (seconds !== undefined) throw new PutOff(seconds, "service away");
      if (mayPass(error)) throw error;
      const code = error instanceof PegError ? error.code : "CONFLICT";
      services.logger.info({ task_id: taskId, request_id: run.requestId, code }, "a task failed");
      failure = error;
    } finally {
      leaveRoom();
    }
  }
}
