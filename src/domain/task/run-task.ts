import { eq } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import { claimTask } from "../comparison/computation-lease.js";
import { computeUnderLease, mayPass } from "../comparison/compute-comparison.js";
import type { Services } from "../context.js";
import { PegError, PutOff } from "../errors.js";
import type { Leave, Room } from "../room.js";
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

/** Whether the service is left alone now. */
function isLeftAlone({ analysisService }: Services): boolean {
  try {
    analysisService.check();
    return false;
  } catch {
    return true;
  }
}

/** How a failure puts the task off that says nothing of it; undefined for another one. */
function putOffFor(error: unknown, task: TaskRow, services: Services): PutOff | undefined {
  if (!(error instanceof PegError) || !mayWait(task, services)) return undefined;
  if (error.untried && error.retryAfter !== undefined) return new PutOff(error.retryAfter, "service away");
  // Of another release: the service of this one may not know its version.
  const isForeign = task.algorithmVersion !== services.algorithmVersion;
  const isRefused = error.code === "MCP_PROCESSING_ERROR" && !error.passing;
  return isForeign && isRefused ? new PutOff(ELSEWHERE_S, "other version") : undefined;
}

/** Lines in which a job waits. */
const withJob = new WeakSet<Room>();

/** Room for its rows, before the claim, so that whoever has room may have the task. One of a process waits in line. */
async function enterRoom({ comparisons }: Services, rows: number, signal: AbortSignal): Promise<Leave> {
  const leave = comparisons.enterNow(rows);
  if (leave) return leave;
  if (withJob.has(comparisons)) throw new PutOff(NO_ROOM_S, "no room");
  withJob.add(comparisons);
  return comparisons.enter(rows, signal).finally(() => withJob.delete(comparisons));
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
    if (isLeftAlone(services) && mayWait(task, services)) throw new PutOff(LEFT_ALONE_S, "service away");
    const leaveRoom = await enterRoom(services, task.rowCount ?? 0, signal);
    try {
      const lease = await claimTask(services, taskId);
      if (!lease) throw new PutOff(ELSEWHERE_S, "elsewhere");
      const isEnd = (error: unknown) => !putOffFor(error, task, services) && (last || !mayPass(error));
      await computeUnderLease(services, task, lease, { ...run, withProgress: true, isEnd });
    } catch (error) {
      if (signal.aborted || error instanceof PutOff) throw error;
      const putOff = putOffFor(error, task, services);
      if (putOff) throw putOff;
      if (mayPass(error)) throw error;
      const code = error instanceof PegError ? error.code : "CONFLICT";
      services.logger.info({ task_id: taskId, request_id: run.requestId, code }, "a task failed");
      failure = error;
    } finally {
      leaveRoom();
    }
  }
}
