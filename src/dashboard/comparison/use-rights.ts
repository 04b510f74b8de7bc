import { useQuery } from "@tanstack/react-query";
import { ADMIN_SCOPE, can, type PermissionType } from "../../contract/permissions.js";
import { trpc } from "../api/client.js";

/** What the signed-in user may do with an analysis; nothing until the server has said so. */
export function useRights(id: string): (needed: PermissionType) => boolean {
  const { data, error } = useQuery(trpc.permission.own.queryOptions({ id }));
  // What was true before a refusal is kept beside it.
  if (!data || error) return () => false;
  const grants = data.permissions.map(({ permission_type, expires_at }) => ({
    permission: permission_type,
    expiresAt: expires_at,
  }));
  const scopes = data.operator ? [ADMIN_SCOPE] : [];
  return (needed) => can({ scopes, grants }, needed, new Date());
}
