import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { PlainText } from "../../contract/words.js";
import { announceTaskOf } from "../../db/changes.js";
import { pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";
import { PutOff } from "../errors.js";

const WAIT_S = 5;

/**
 * Ends a task whose every run died, so that nobody waits for it for ever. Asking again starts a new one.
 *
 * @throws PutOff while somebody works on it after all
 */
export async function giveUpTask(
  services: Services,
  { taskId, requestId }: { taskId: string; requestId: string },
): Promise<void> {
  const { id, status, version, leaseUntil } = pegComparisonTasks;
  const isRunning = inArray(status, ["PENDING", "PROCESSING"]);
  const [ended] = await services.db
    .update(pegComparisonTasks)
    .set({
      status: "FAILED",
      version: sql`${version} + 1`,
      errorCode: "INTERNAL_ERROR",
      errorMessage:
        "The comparison was tried several times and never came to an end. Tell an operator." satisfies PlainText,
      errorDetails: {},
      updatedAt: sql`now()`,
      estimatedCompletion: null,
      finishedAt: sql`now()`,
    })
    .where(and(eq(id, taskId), isRunning, lt(leaseUntil, sql`now()`)))
    .returning({ id, told: announceTaskOf(sql`${id}`) });
  if (ended) {
    services.logger.error(
      { task_id: taskId, request_id: requestId },
      "a task was given up: each of its runs died",
    );
    return;
  }
  // Should anybody still work on it after all, let them.
  const [running] = await services.db
    .select({ id })
    .from(pegComparisonTasks)
    .where(and(eq(id, taskId), isRunning));
  if (running) throw new PutOff(WAIT_S, "elsewhere");
}
