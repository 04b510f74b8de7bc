import type { z } from "zod";
import { PegError } from "./errors.js";

/** Writes where a page ended: the values of the columns that order the list. */
export function writeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

/**
 * Reads what `writeCursor` wrote; callers may send anything.
 *
 * @throws PegError API_VALIDATION_ERROR
 */
export function readCursor<T>(text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    throw new PegError("API_VALIDATION_ERROR", "The cursor is not one of this list. Begin without one.", {
      details: [{ path: "cursor", message: "must be the next_cursor of a page" }],
    });
  }
}
