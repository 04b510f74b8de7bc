import postgres from "postgres";
import type { FinalState } from "./operations.js";

/** Reads what lies in the database. */
export async function readFinalState(databaseUrl: string): Promise<FinalState> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    const [analyses, permissions, audit, accepted] = await Promise.all([
      sql`select id as analysis, data_version as version from analysis_results`,
      sql`select analysis_id as analysis, user_id as user, permission_type as permission
          from user_analysis_permissions where permission_type <> 'admin'`,
      sql`select request_id as "requestId", analysis_id as analysis, action from audit_log`,
      // One that found a comparison there already has not begun.
      sql`select analysis_id as analysis, revision, count(*)::int as computations from peg_comparison_tasks
          where status = 'COMPLETED' and started_at is not null group by 1, 2`,
    ]);
    return {
      analyses: analyses as unknown as FinalState["analyses"],
      permissions: permissions as unknown as FinalState["permissions"],
      audit: audit as unknown as FinalState["audit"],
      accepted: accepted as unknown as FinalState["accepted"],
    };
  } finally {
    await sql.end();
  }
}
