import { eq } from "drizzle-orm";
import type { AUDIT_ACTIONS } from "../contract/audit.js";
import { can, type PermissionType } from "../contract/permissions.js";
import { announce } from "../db/changes.js";
import type { Transaction } from "../db/open.js";
import { analysisResults, auditLog } from "../db/schema.js";
import { transact } from "../db/transact.js";
import type { VerbContext } from "./context.js";
import { analysisNotFound, permissionDenied } from "./errors.js";
import { readStanding } from "./permission/authorize.js";

export interface Change<T> {
  analysisId: string;
  action: (typeof AUDIT_ACTIONS)[number];
  /** What the caller needs, still, once it is the caller's turn. Absent where the analysis is made by this. */
  needs?: PermissionType;
  /** Does the change. What it returns as `details` goes into the audit log; user ids in it under `user_id`. */
  work(tx: Transaction): Promise<{ result: T; details: Record<string, unknown> }>;
}

/** Where the user id in an audit entry is sealed to. */
export function auditPlace(analysisId: string) {
  return { table: "audit_log", record: analysisId, field: "details.user_id" };
}

/**
 * Changes something about an analysis: the change, its audit entry and its announcement commit together, and before
 * this returns nothing that any process learned earlier counts any more.
 */
export async function applyChange<T>(ctx: VerbContext, change: Change<T>): Promise<T> {
  const { services, actor, requestId } = ctx;
  const { analysisId, action, needs, work } = change;
  const result = await transact(services.db, async (tx) => {
    if (needs) await takeTurn(ctx, tx, analysisId, needs);
    const done = await work(tx);
    const { user_id: userId, ...details } = done.details;
    const sealed =
      typeof userId === "string" ? await services.sealer.seal(userId, auditPlace(analysisId)) : undefined;
    await tx.insert(auditLog).values({
      at: new Date(services.clock.now()),
      actorId: actor.userId,
      action,
      analysisId,
      requestId,
      keyId: sealed === undefined ? null : services.sealer.keyId,
      details: sealed === undefined ? details : { ...details, user_id: sealed },
    });
    await announce(tx, { kind: "analysis", id: analysisId });
    return done.result;
  });
  forget(services, analysisId);
  // Else the others learn it from the announcement alone: by then each has heard it, or knows that it may not have.
  if (!(await services.shared.moveGeneration(analysisId))) await services.changes.settled();
  return result;
}

/**
 * Waits for all other changes of the analysis, then checks the permission again: it may have been revoked by one of
 * those. Every transaction that changes an analysis takes this lock first, so that none waits for another in a ring.
 */
async function takeTurn(
  { actor, services }: VerbContext,
  tx: Transaction,
  analysisId: string,
  needs: PermissionType,
): Promise<void> {
  const [analysis] = await tx
    .select({ id: analysisResults.id })
    .from(analysisResults)
    .where(eq(analysisResults.id, analysisId))
    .for("update");
  const { grants } = await readStanding(tx, actor.userId, analysisId);
  const now = new Date(services.clock.now());
  if (!can({ scopes: actor.scopes, grants }, needs, now)) throw permissionDenied();
  // Only an operator comes here without one: it was deleted meanwhile.
  if (!analysis) throw analysisNotFound();
}

/** Drops what this process holds of an analysis. */
function forget({ answers, standings }: VerbContext["services"], analysisId: string): void {
  answers.drop(analysisId);
  standings.drop(analysisId);
}
