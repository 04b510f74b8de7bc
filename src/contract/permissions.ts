/** What a user may do with one analysis. Each includes all before it. */
export const PERMISSION_TYPES = ["read", "write", "admin"] as const;
export type PermissionType = (typeof PERMISSION_TYPES)[number];

/** The token scope of operators: they act on every analysis. */
export const ADMIN_SCOPE = "peg:admin";

/** A permission as it was granted; one without `expiresAt` does not expire. */
export interface Grant {
  permission: PermissionType;
  expiresAt?: Date | null | undefined;
}

/** Who asks: the scopes of the token, and what was granted on the analysis. */
export interface Standing {
  scopes: readonly string[];
  grants: readonly Grant[];
}

/**
 * Decides whether a caller may do something. Pure, so that a page hides what the server would refuse.
 *
 * @param needed the least permission that suffices
 * @param now the instant to decide for; a grant ends at its expiry, to the millisecond
 */
export function can(standing: Standing, needed: PermissionType, now: Date): boolean {
  if (standing.scopes.includes(ADMIN_SCOPE)) return true;
  const neededRank = PERMISSION_TYPES.indexOf(needed);
  return standing.grants.some(
    (grant) =>
      PERMISSION_TYPES.indexOf(grant.permission) >= neededRank && (!grant.expiresAt || now < grant.expiresAt),
  );
}
