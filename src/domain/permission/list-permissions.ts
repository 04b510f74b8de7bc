import { asc, eq } from "drizzle-orm";
import type { PermissionEntry, PermissionListOutput } from "../../contract/permission.js";
import { userAnalysisPermissions } from "../../db/schema.js";
import type { VerbContext } from "../context.js";

type Row = typeof userAnalysisPermissions.$inferSelect;

export function describePermission(row: Row): PermissionEntry {
  return {
    user_id: row.userId,
    permission_type: row.permissionType,
    granted_at: row.grantedAt ?? new Date(0),
    granted_by: row.grantedBy,
    expires_at: row.expiresAt,
  };
}

/** Who may do what with an analysis, expired permissions included. */
export async function listPermissions({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: { id: string };
}): Promise<PermissionListOutput> {
  const rows = await ctx.services.db
    .select()
    .from(userAnalysisPermissions)
    .where(eq(userAnalysisPermissions.analysisId, input.id))
    .orderBy(asc(userAnalysisPermissions.userId), asc(userAnalysisPermissions.permissionType));
  return { permissions: rows.map(describePermission) };
}
