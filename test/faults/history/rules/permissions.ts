import type { Operation, OperationOf, Violation } from "../operations.js";
import {
  effectUntil,
  isAcknowledged,
  mayCount,
  permissionKey,
  type Timeline,
  violation,
} from "./timeline.js";

type PermissionChange = OperationOf<"grant"> | OperationOf<"revoke">;

/** Each of them lets its holder read. */
export const PERMISSIONS = ["read", "write"] as const;

/** The newest revoke after which no grant can have taken effect before `until`; undefined where one may stand. */
function surelyRevoked(
  changes: readonly PermissionChange[],
  began: number,
  until: number,
): "never granted" | PermissionChange | undefined {
  const grants = changes.filter((one) => one.kind === "grant" && mayCount(one) && one.invokedAt < until);
  if (!grants.length) return "never granted";
  return changes
    .filter((one) => one.kind === "revoke" && isAcknowledged(one) && one.endedAt < began)
    .findLast((revoke) => grants.every((grant) => effectUntil(grant) < revoke.invokedAt));
}

/** Whether a permission surely stands in the end, or surely does not; undefined where both may be. */
export function standsInTheEnd(changes: readonly PermissionChange[]): boolean | undefined {
  const end = Number.POSITIVE_INFINITY;
  if (surelyRevoked(changes, end, end)) return false;
  const revokes = changes.filter((one) => one.kind === "revoke" && mayCount(one));
  const stands = changes.some(
    (one) =>
      one.kind === "grant" &&
      isAcknowledged(one) &&
      revokes.every((revoke) => effectUntil(revoke) < one.invokedAt),
  );
  return stands ? true : undefined;
}

/**
 * That somebody read who may not: each permission is either not given yet, or revoked, acknowledged before the read
 * began, and not granted anew since.
 */
export function forbiddenRead(
  timeline: Timeline | undefined,
  read: Operation,
  analysis: string,
): Violation | undefined {
  const { user, invokedAt, endedAt } = read;
  const creates = timeline?.writes.filter(({ kind }) => kind === "create") ?? [];
  if (creates.some((create) => create.user === user && mayCount(create))) return undefined;
  const revokes: PermissionChange[] = [];
  for (const permission of PERMISSIONS) {
    const changes = timeline?.permissions.get(permissionKey(user, permission)) ?? [];
    const revoked = surelyRevoked(changes, invokedAt, endedAt);
    if (!revoked) return undefined;
    if (revoked !== "never granted") revokes.push(revoked);
  }
  if (!revokes.length)
    return violation("foreign byte", `${user} was shown ${analysis} and never had a permission`, read);
  const changes = [...(timeline?.permissions.values() ?? [])]
    .flat()
    .filter(({ subject, invokedAt: at }) => subject === user && at < endedAt);
  return violation(
    "read after an acknowledged revoke",
    `${user} read ${analysis} ${Math.round(invokedAt - Math.max(...revokes.map((one) => one.endedAt)))} ms after`,
    ...changes.slice(-4),
    ...revokes,
    read,
  );
}

/** That somebody read what is gone: ids are never used again. */
export function readOfDeleted(timeline: Timeline | undefined, read: Operation): Violation | undefined {
  const gone = timeline?.deletes.find((one) => isAcknowledged(one) && one.endedAt < read.invokedAt);
  return (
    gone && violation("read after an acknowledged delete", `${read.user} read ${gone.analysis}`, gone, read)
  );
}
