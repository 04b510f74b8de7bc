import { and, asc, eq, gt, or } from "drizzle-orm";
import { z } from "zod";
import {
  type PermissionEntry,
  type PermissionListInput,
  type PermissionListOutput,
  permissionType,
  userId,
} from "../../contract/permission.js";
import { userAnalysisPermissions } from "../../db/schema.js";
import type { VerbContext } from "../context.js";
import { cutPage, readCursor } from "../page-cursor.js";

type Row = typeof userAnalysisPermissions.$inferSelect;

const place = z.tuple([userId, permissionType]);

export function describePermission(row: Row): PermissionEntry {
  return {
    user_id: row.userId,
    permission_type: row.permissionType,
    granted_at: row.grantedAt ?? new Date(0),
    granted_by: row.grantedBy,
    expires_at: row.expiresAt,
  };
}

/** What follows a place in the order of the list. */
function after([name, type]: z.infer<typeof place>) {
  const { userId: user, permissionType: own } = userAnalysisPermissions;
  return or(gt(user, name), and(eq(user, name), gt(own, type)));
}

/** Who may do what with an analysis, by user, expired permissions included. */
export async function listPermissions({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: PermissionListInput;
}): Promise<PermissionListOutput> {
  const { id, cursor, limit } = input;
  const rows = await ctx.services.db
    .select()
    .from(userAnalysisPermissions)
    .where(
      and(
        eq(userAnalysisPermissions.analysisId, id),
        cursor === undefined ? undefined : after(readCursor(cursor, place)),
      ),
    )
    .orderBy(asc(userAnalysisPermissions.userId), asc(userAnalysisPermissions.permissionType))
    .limit(limit + 1);
  const { shown, next_cursor } = cutPage(rows, limit, (row) => [row.userId, row.permissionType]);
  return { permissions: shown.map(describePermission), next_cursor };
}
