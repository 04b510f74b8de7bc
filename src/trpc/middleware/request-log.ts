import { ERRORS } from "../../contract/errors.js";
import { toPegError } from "../errors.js";
import { t } from "../init.js";

/** One line a call: what, how long, how it ended. Causes of errors stand here and nowhere else. */
export const logRequests = t.middleware(async ({ next, ctx, path, type }) => {
  const { logger, clock } = ctx.services;
  const start = clock.now();
  const result = await next();
  const call = { requestId: ctx.requestId, procedure: path, type, ms: clock.now() - start };
  if (result.ok) {
    logger.info(call, "call");
  } else {
    const error = toPegError(result.error);
    const level = ERRORS[error.code].log;
    // A caller's own mistakes need no cause in the log, and the cause may quote what was sent.
    const fields =
      level === "info" ? { ...call, code: error.code } : { ...call, code: error.code, err: error.cause };
    logger[level](fields, "call failed");
  }
  return result;
});
