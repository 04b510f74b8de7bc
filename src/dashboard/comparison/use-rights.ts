import { useQuery } from "@tanstack/react-query";
import { ADMIN_SCOPE, can, type PermissionType } from "../../contract/permissions.js";
import { trpc } from "../api/client.js";

export interface Rights {
  /** Whether something is allowed; nothing is until the server has said so. */
  may: (needed: PermissionType) => boolean;
  /** Whether the server has answered, be it with a refusal. */
  known: boolean;
}

/** What the signed-in user may do with an analysis. */
export function useRights(id: string): Rights {
  const { data, error } = useQuery(trpc.permission.own.queryOptions({ id }));
  // What was true before a refusal is kept beside it.
  if (!data || error) return { may: () => false, known: Boolean(error) };
  const grants = data.permissions.map(({ permission_type, expires_at }) => ({
    permission: permission_type,
    expiresAt: expires_at,
  }));
  const scopes = data.operator ? [ADMIN_SCOPE] : [];
  return { may: (needed) => can({ scopes, grants }, needed, new Date()), known: true };
}
