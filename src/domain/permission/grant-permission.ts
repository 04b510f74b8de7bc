import type { PermissionEntry, PermissionGrantInput } from "../../contract/permission.js";
import { userAnalysisPermissions } from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { PegError } from "../errors.js";
import { keepAnAdmin } from "./keep-an-admin.js";
import { describePermission } from "./list-permissions.js";

/**
 * Grants a permission, or gives one that is there another expiry.
 *
 * @throws PegError API_VALIDATION_ERROR for an expiry in the past; CONFLICT where the last lasting admin would expire
 */
export async function grantPermission({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: PermissionGrantInput;
}): Promise<PermissionEntry> {
  const { id, user_id: userId, permission_type: permissionType, expires_at: expiresAt = null } = input;
  const now = new Date(ctx.services.clock.now());
  if (expiresAt && expiresAt <= now) {
    throw new PegError("API_VALIDATION_ERROR", "A permission cannot end before it begins.", {
      details: [{ path: "expires_at", message: "must be in the future" }],
    });
  }
  return applyChange(ctx, {
    analysisId: id,
    action: "grant",
    needs: "admin",
    work: async (tx) => {
      const granted = { grantedAt: now, grantedBy: ctx.actor.userId, expiresAt };
      const [row] = await tx
        .insert(userAnalysisPermissions)
        .values({ userId, analysisId: id, permissionType, ...granted })
        .onConflictDoUpdate({
          target: [
            userAnalysisPermissions.userId,
            userAnalysisPermissions.analysisId,
            userAnalysisPermissions.permissionType,
          ],
          set: granted,
        })
        .returning();
      if (!row) throw new Error("an upsert returns its row");
      if (permissionType === "admin" && expiresAt) await keepAnAdmin(tx, id);
      const details = { user_id: userId, permission_type: permissionType, expires_at: expiresAt };
      return { result: describePermission(row), details };
    },
  });
}
