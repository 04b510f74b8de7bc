import type { AUDIT_ACTIONS } from "../contract/audit.js";
import { announceChange } from "../db/changes.js";
import type { Database } from "../db/open.js";
import { auditLog } from "../db/schema.js";
import type { VerbContext } from "./context.js";

export interface Change<T> {
  analysisId: string;
  action: (typeof AUDIT_ACTIONS)[number];
  /** Does the change. What it returns as `details` goes into the audit log; user ids in it under `user_id`. */
  work(tx: Database): Promise<{ result: T; details: Record<string, unknown> }>;
}

function auditPlace(analysisId: string) {
  return { table: "audit_log", record: analysisId, field: "details.user_id" };
}

/**
 * Changes something about an analysis: the change, its audit entry and its announcement commit together, and before
 * this returns nothing that any process learned earlier counts any more.
 */
export async function applyChange<T>(ctx: VerbContext, { analysisId, action, work }: Change<T>): Promise<T> {
  const { services, actor, requestId } = ctx;
  const result = await services.db.transaction(async (tx) => {
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
    await announceChange(tx, analysisId);
    return done.result;
  });
  forget(services, analysisId);
  await services.shared.moveGeneration(analysisId);
  return result;
}

/** Drops what this process holds of an analysis. */
export function forget({ answers, standings }: VerbContext["services"], analysisId: string): void {
  answers.drop(analysisId);
  standings.drop(analysisId);
}

export { auditPlace };
