import { z } from "zod";
import { analysisId } from "./analysis.js";
import { MAX_PAGE } from "./limits.js";
import { cursor, pageOf } from "./page.js";
import { time } from "./time.js";

export const AUDIT_ACTIONS = [
  "create",
  "replace",
  "delete",
  "grant",
  "revoke",
  "rotate",
  "recompute",
] as const;

export const auditListInput = z.strictObject({ id: analysisId, ...pageOf(MAX_PAGE) });
export type AuditListInput = z.infer<typeof auditListInput>;

/** Who did what, when, and in which request. */
export const auditEntry = z.object({
  at: time,
  actor_id: z.string(),
  action: z.enum(AUDIT_ACTIONS),
  analysis_id: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.looseObject({
    user_unreadable: z
      .literal(true)
      .optional()
      .describe("a user stands here whose id does not open with the keys at hand"),
  }),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditListOutput = z.object({ entries: z.array(auditEntry), next_cursor: cursor.nullable() });
export type AuditListOutput = z.infer<typeof auditListOutput>;
