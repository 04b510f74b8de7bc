import { and, eq } from "drizzle-orm";
import type { PermissionRevokeInput } from "../../contract/permission.js";
import { userAnalysisPermissions } from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { keepAnAdmin } from "./keep-an-admin.js";

/**
 * Takes a permission away. When this returns no process serves anything on its strength any more.
 *
 * @throws PegError CONFLICT for the last admin whose permission does not expire
 */
export async function revokePermission({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: PermissionRevokeInput;
}): Promise<{ revoked: boolean }> {
  const { id, user_id: userId, permission_type: permissionType } = input;
  return applyChange(ctx, {
    analysisId: id,
    action: "revoke",
    needs: "admin",
    work: async (tx) => {
      const rows = await tx
        .delete(userAnalysisPermissions)
        .where(
          and(
            eq(userAnalysisPermissions.analysisId, id),
            eq(userAnalysisPermissions.userId, userId),
            eq(userAnalysisPermissions.permissionType, permissionType),
          ),
        )
        .returning({ id: userAnalysisPermissions.id });
      const revoked = rows.length > 0;
      if (revoked && permissionType === "admin") await keepAnAdmin(tx, id);
      return { result: { revoked }, details: { user_id: userId, permission_type: permissionType, revoked } };
    },
  });
}
