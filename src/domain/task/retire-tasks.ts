import { sql } from "drizzle-orm";
import { analysisResults, pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";

const KEPT_DAYS = 7;

/** Removes finished tasks that are a week old, but the one of each analysis that `status` tells of: see `readTask`. */
export async function retireTasks({ db }: Services): Promise<void> {
  const current = sql`(select ${analysisResults.revision} from ${analysisResults}
    where ${analysisResults.id} = ${pegComparisonTasks.analysisId})`;
  await db.delete(pegComparisonTasks).where(sql`
    ${pegComparisonTasks.finishedAt} < now() - make_interval(days => ${KEPT_DAYS})
    and exists (
      select 1 from ${pegComparisonTasks} as newer
      where newer.analysis_id = ${pegComparisonTasks.analysisId} and newer.created_at > ${pegComparisonTasks.createdAt}
        and (newer.revision = ${current} or ${pegComparisonTasks.revision} <> ${current})
    )`);
}
