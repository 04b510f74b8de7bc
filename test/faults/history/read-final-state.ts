import { type DatabaseOptions, openDatabase } from "../../../src/db/open.js";
import type { FinalState } from "./operations.js";

/** Reads what lies in the database. An embedded one must have no process any more. */
export async function readFinalState(options: DatabaseOptions): Promise<FinalState> {
  const database = await openDatabase(options);
  const read = async <T>(text: string): Promise<T[]> => (await database.run(text, [])).rows as T[];
  try {
    return {
      analyses: await read("select id as analysis, data_version as version from analysis_results"),
      permissions: await read(`
        select analysis_id as analysis, user_id as user, permission_type as permission
        from user_analysis_permissions where permission_type <> 'admin'`),
      audit: await read('select request_id as "requestId", analysis_id as analysis, action from audit_log'),
      // One that found a comparison there already has not begun.
      accepted: await read(`
        select analysis_id as analysis, revision, count(*)::int as computations from peg_comparison_tasks
        where status = 'COMPLETED' and started_at is not null group by 1, 2`),
    };
  } finally {
    await database.close();
  }
}
