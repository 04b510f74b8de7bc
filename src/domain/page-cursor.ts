import type { z } from "zod";
import { PegError } from "./errors.js";

/**
 * One page of a list.
 *
 * @param rows as many as the page has, and one more where there are more
 * @param placeOf the values of the columns that order the list
 */
export function cutPage<T>(
  rows: readonly T[],
  limit: number,
  placeOf: (row: T) => readonly (string | number)[],
) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next_cursor: last && rows.length > limit ? writeCursor(placeOf(last)) : null };
}

/** Writes where a page ended: the values of the columns that order the list. */
function writeCursor(values: readonly (string | number)[]): string {
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
