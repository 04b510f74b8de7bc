import { eq, sql } from "drizzle-orm";
import { announce } from "../../db/changes.js";
import type { Transaction } from "../../db/open.js";
import { runIn } from "../../db/run-sql.js";
import { analysisResults, pegComparisonTasks } from "../../db/schema.js";
import { transact } from "../../db/transact.js";
import { asDataMoved, newTask, runningTaskOf } from "../comparison/computation-lease.js";
import { type ComparisonKey, loadStoredSummary } from "../comparison/stored-comparison.js";
import type { Services } from "../context.js";
import { DataMovedError } from "../errors.js";
import type { TaskRow } from "./task-state.js";

/**
 * Starts the task of a comparison within a transaction, or joins the one that runs: with the row commits the job that
 * sees to it, and the word to the workers.
 *
 * @throws DataMovedError where the analysis is gone
 */
export async function startTaskIn(
  tx: Transaction,
  services: Services,
  key: ComparisonKey,
  requestId: string,
): Promise<TaskRow> {
  const { values, target, targetWhere, unclaimed } = newTask(key);
  const [task] = await tx
    .insert(pegComparisonTasks)
    .values({ ...values, ...unclaimed, queued: true })
    // To have the row that is there, and to be the only one who finds it without a job.
    .onConflictDoUpdate({ target, targetWhere, set: { updatedAt: sql`now()` } })
    .returning()
    .catch((error: unknown) => {
      throw asDataMoved(error);
    });
  if (!task) throw new Error("an upsert answers with its row");
  await queueTask(tx, services, task, requestId);
  return task;
}

/** Sees to it that a job sees to the task. The job's id is the task's: twice is once. */
export async function queueTask(
  tx: Transaction,
  services: Services,
  task: TaskRow,
  requestId: string,
): Promise<void> {
  if (!task.queued) {
    await tx.update(pegComparisonTasks).set({ queued: true }).where(eq(pegComparisonTasks.id, task.id));
  }
  const sent = await services.queue.send(runIn(tx), {
    taskId: task.id,
    requestId,
    traceparent: services.tracing.traceparent(),
  });
  if (sent) await announce(tx, { kind: "jobs", id: "" });
}

/** Waits for whoever changes the analysis, and keeps the next one waiting: no task is begun of what is gone. */
async function holdRevision(tx: Transaction, { analysisId, revision }: ComparisonKey): Promise<void> {
  const [analysis] = await tx
    .select({ revision: analysisResults.revision })
    .from(analysisResults)
    .where(eq(analysisResults.id, analysisId))
    .for("key share");
  if (analysis?.revision !== revision) throw new DataMovedError("the raw data is of another revision");
}

/** Ends a transaction that turned out to have nothing to do. */
class AlreadyStored extends Error {}

/** The same in a transaction of its own. Undefined where the comparison was stored since the caller looked. */
export async function startTask(
  services: Services,
  key: ComparisonKey,
  requestId: string,
): Promise<TaskRow | undefined> {
  try {
    return await transact(services.db, async (tx) => {
      await holdRevision(tx, key);
      const task = await startTaskIn(tx, services, key, requestId);
      // Whoever completes a task stores its comparison with it: without the one, the other is there by now.
      if (await loadStoredSummary(tx, key)) throw new AlreadyStored();
      return task;
    });
  } catch (error) {
    if (error instanceof AlreadyStored) return undefined;
    throw error;
  }
}

/** Has a job see to the computation that runs now, whoever computes it. Undefined where none does. */
export function joinRunningTask(
  services: Services,
  key: ComparisonKey,
  requestId: string,
): Promise<TaskRow | undefined> {
  return transact(services.db, async (tx) => {
    const [task] = await tx.select().from(pegComparisonTasks).where(runningTaskOf(key)).for("update");
    if (task) await queueTask(tx, services, task, requestId);
    return task;
  });
}
