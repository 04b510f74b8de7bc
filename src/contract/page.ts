import { z } from "zod";
import { MAX_PAGE } from "./limits.js";

/** Where a page ends; opaque to callers. */
export const cursor = z.string().max(1500);

/** What every list takes. @param size entries of a page where the caller does not say */
export function pageOf(size: number) {
  return {
    cursor: cursor.optional(),
    /** tRPC's infinite queries say which way they go; pages go forward only. */
    direction: z.literal("forward").optional().describe("for tRPC's infinite queries; may be left out"),
    limit: z.number().int().min(1).max(MAX_PAGE).default(size),
  };
}
