import { z } from "zod";
import { analysisId } from "./analysis.js";
import { MAX_PAGE } from "./limits.js";
import { cursor, pageOf } from "./page.js";
import { PERMISSION_TYPES } from "./permissions.js";
import { time, timeInput } from "./time.js";
import type { PlainText } from "./words.js";

/** As in the `sub` of a token. */
export const userId = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, "must not contain control characters" satisfies PlainText);

export const permissionType = z.enum(PERMISSION_TYPES);

export const permissionListInput = z.strictObject({ id: analysisId, ...pageOf(MAX_PAGE) });
export type PermissionListInput = z.infer<typeof permissionListInput>;

export const permissionOwnInput = z.strictObject({ id: analysisId });

/** One permission of a user on an analysis. */
export const permissionEntry = z.object({
  user_id: userId,
  permission_type: permissionType,
  granted_at: time,
  granted_by: userId,
  expires_at: time.nullable(),
});
export type PermissionEntry = z.infer<typeof permissionEntry>;

export const permissionListOutput = z.object({
  permissions: z.array(permissionEntry),
  next_cursor: cursor.nullable(),
});
export type PermissionListOutput = z.infer<typeof permissionListOutput>;

/** Granted again, a permission takes the new expiry; without one it does not expire. */
export const permissionGrantInput = z.strictObject({
  id: analysisId,
  // No address can name the two.
  user_id: userId.refine((id) => id !== "." && id !== "..", "must not be . or .. alone" satisfies PlainText),
  permission_type: permissionType,
  expires_at: timeInput.optional(),
});
export type PermissionGrantInput = z.infer<typeof permissionGrantInput>;

export const permissionRevokeInput = z.strictObject({
  id: analysisId,
  user_id: userId,
  permission_type: permissionType,
});
export type PermissionRevokeInput = z.infer<typeof permissionRevokeInput>;

/** `revoked` is false where there was no such permission. */
export const permissionRevokeOutput = z.object({ revoked: z.boolean() });

/** What the caller may do with an analysis; a page hides the rest. */
export const permissionOwnOutput = z.object({
  operator: z.boolean().describe("may do everything with every analysis"),
  permissions: z.array(z.object({ permission_type: permissionType, expires_at: time.nullable() })),
});
export type PermissionOwnOutput = z.infer<typeof permissionOwnOutput>;
