import { sql } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";

const KEPT_DAYS = 7;

/** Removes finished tasks that are a week old, but the newest of each analysis, which `status` tells of. */
export async function retireTasks({ db }: Services): Promise<void> {
  await db.delete(pegComparisonTasks).where(sql`
    ${pegComparisonTasks.finishedAt} < now() - make_interval(days => ${KEPT_DAYS})
    and exists (
      select 1 from ${pegComparisonTasks} as newer
      where newer.analysis_id = ${pegComparisonTasks.analysisId} and newer.created_at > ${pegComparisonTasks.createdAt}
    )`);
}
