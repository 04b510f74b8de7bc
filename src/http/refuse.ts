import type { Context } from "hono";
import { ERRORS, type ErrorBody, type ErrorCode } from "../contract/errors.js";
import type { CallContext } from "../trpc/context.js";

/** What the routes share through Hono's context. */
export interface AppEnv {
  Variables: { services: CallContext["services"]; requestId: string };
}

/**
 * Answers a request that never reached a procedure.
 *
 * @param status another status than the code's own, where HTTP has a more exact one
 */
export function refuse(
  c: Context<AppEnv>,
  code: ErrorCode,
  message: string,
  status: number = ERRORS[code].http,
): Response {
  const { services, requestId } = c.var;
  const timestamp = new Date(services.clock.now()).toISOString();
  const error: ErrorBody = { code, message, timestamp, request_id: requestId };
  return c.json({ success: false, error }, status as 400);
}
