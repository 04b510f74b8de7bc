import { and, desc, eq, lt } from "drizzle-orm";
import { z } from "zod";
import {
  AUDIT_ACTIONS,
  type AuditEntry,
  type AuditListInput,
  type AuditListOutput,
} from "../../contract/audit.js";
import { auditLog } from "../../db/schema.js";
import { auditPlace } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { cutPage, readCursor } from "../page-cursor.js";

const place = z.tuple([z.number().int().nonnegative()]);
const action = z.enum(AUDIT_ACTIONS);

/** Who did what to an analysis, newest first; also of one that was deleted. */
export async function listAudit({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: AuditListInput;
}): Promise<AuditListOutput> {
  const { db } = ctx.services;
  const before = input.cursor === undefined ? undefined : lt(auditLog.id, readCursor(input.cursor, place)[0]);
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.analysisId, input.id), before))
    .orderBy(desc(auditLog.id))
    .limit(input.limit + 1);
  const { shown, next_cursor } = cutPage(rows, input.limit, ({ id }) => [id]);
  const entries = await Promise.all(
    shown.map(async (row) => ({
      at: row.at,
      actor_id: row.actorId,
      action: action.parse(row.action),
      analysis_id: row.analysisId,
      request_id: row.requestId,
      details: await openDetails(ctx, input.id, row.details),
    })),
  );
  return { entries, next_cursor };
}

/** One that does not open hides nothing but itself: what was done, and by whom, is told all the same. */
async function openDetails(
  { services, requestId }: VerbContext,
  analysisId: string,
  details: Record<string, unknown>,
): Promise<AuditEntry["details"]> {
  const { user_id: sealed, ...others } = details;
  if (typeof sealed !== "string") return details;
  try {
    return { ...details, user_id: await services.sealer.open(sealed, auditPlace(analysisId)) };
  } catch (error) {
    services.logger.error(
      { request_id: requestId, analysis_id: analysisId, err: error },
      "a user in the audit log cannot be opened",
    );
    return { ...others, user_unreadable: true };
  }
}
