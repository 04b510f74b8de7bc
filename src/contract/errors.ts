import { z } from "zod";
import { ERROR_CODES } from "./error-table.js";

export * from "./error-table.js";

export const errorCode = z.enum(ERROR_CODES);

/** One field, row or PEG at fault: where it is, and what to do about it. */
export const errorDetail = z.object({ path: z.string(), message: z.string() });
export type ErrorDetail = z.infer<typeof errorDetail>;

/** What every error answer carries: under `error` over REST, under `error.data.error` over tRPC. */
export const errorBody = z.object({
  code: errorCode,
  message: z.string(),
  timestamp: z.string(),
  request_id: z.string(),
  details: z.array(errorDetail).optional(),
  retry_after: z.number().int().positive().optional().describe("seconds to wait before trying again"),
});
export type ErrorBody = z.infer<typeof errorBody>;
