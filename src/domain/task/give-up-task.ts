import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { PlainText } from "../../contract/words.js";
import { announceTaskOf } from "../../db/changes.js";
import { pegComparisonTasks } from "../../db/schema.js";
import { awaitComputation } from "../comparison/computation-lease.js";
import type { Services } from "../context.js";
import { PegError } from "../errors.js";

/** Ends a task whose every run died, so that nobody waits for it for ever. Asking again starts a new one. */
export async function giveUpTask(
  services: Services,
  { taskId, requestId }: { taskId: string; requestId: string },
): Promise<void> {
  // Should anybody still work on it after all, let them.
  const outcome = await awaitComputation(services, taskId).catch((error: unknown) => {
    // It failed meanwhile. Of a database that is away nothing is known: the job has to come again.
    if (error instanceof PegError) return "done" as const;
    throw error;
  });
  if (outcome === "done") return;
  const { id, status, version, leaseUntil } = pegComparisonTasks;
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
    .where(and(eq(id, taskId), inArray(status, ["PENDING", "PROCESSING"]), lt(leaseUntil, sql`now()`)))
    .returning({ id, told: announceTaskOf(sql`${id}`) });
  if (ended)
    services.logger.error(
      { task_id: taskId, request_id: requestId },
      "a task was given up: each of its runs died",
    );
}
