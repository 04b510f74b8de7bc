import { and, eq, sql } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import { transact } from "../../db/transact.js";
import type { Services } from "../context.js";
import { queueTask } from "./start-task.js";

/** Long enough for whoever lost its lease to have lost it. */
const PAST_S = 10;
/** The rest is there the next time. */
const MAX_AT_ONCE = 100;

/**
 * Has jobs see to tasks that were computed for a call, by a process that died: nobody else ends them, and whoever
 * watches them waits. Tasks that have a job have one until their end.
 */
export async function adoptTasks(services: Services): Promise<void> {
  const { queued, status, leaseUntil } = pegComparisonTasks;
  await transact(services.db, async (tx) => {
    const left = await tx
      .select()
      .from(pegComparisonTasks)
      .where(
        and(
          // By its text, for the index of what runs.
          sql`${status} in ('PENDING', 'PROCESSING')`,
          eq(queued, false),
          sql`${leaseUntil} < now() - make_interval(secs => ${PAST_S})`,
        ),
      )
      .limit(MAX_AT_ONCE)
      .for("update", { skipLocked: true });
    for (const task of left) await queueTask(tx, services, task, "upkeep");
  });
}
