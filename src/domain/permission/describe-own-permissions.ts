import type { PermissionOwnOutput } from "../../contract/permission.js";
import { ADMIN_SCOPE, PERMISSION_TYPES } from "../../contract/permissions.js";
import type { VerbContext } from "../context.js";
import { readStanding } from "./authorize.js";

/** What the caller may do with an analysis: the permissions that still hold, the least first. */
export async function describeOwnPermissions({
  ctx: { services, actor },
  input,
}: {
  ctx: VerbContext;
  input: { id: string };
}): Promise<PermissionOwnOutput> {
  const { grants } = await readStanding(services.db, actor.userId, input.id);
  const now = new Date(services.clock.now());
  const held = grants.filter(({ expiresAt }) => !expiresAt || now < expiresAt);
  return {
    operator: actor.scopes.includes(ADMIN_SCOPE),
    permissions: PERMISSION_TYPES.flatMap((type) =>
      held
        .filter(({ permission }) => permission === type)
        .map(({ expiresAt = null }) => ({ permission_type: type, expires_at: expiresAt })),
    ),
  };
}
