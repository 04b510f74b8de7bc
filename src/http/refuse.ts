import type { Context } from "hono";
import { ERRORS, type ErrorBody, type ErrorCode } from "../contract/errors.js";
import { tell } from "../contract/translate.js";
import type { Language, Message } from "../contract/words.js";
import type { CallContext } from "../trpc/context.js";
import { envelopeOf } from "./error-envelope.js";

/** What the routes share through Hono's context. */
export interface AppEnv {
  Variables: {
    services: CallContext["services"];
    requestId: string;
    language: Language;
    /** Tells where the request came from. */
    clientAddress: () => string | undefined;
    /** What the request is counted as; undefined where it is not, or was already. */
    endpoint: string | undefined;
  };
}

/**
 * Answers a request that never reached a procedure, as the face does that was called.
 *
 * @param status another status than the code's own, where HTTP has a more exact one
 */
export function refuse(
  c: Context<AppEnv>,
  code: ErrorCode,
  words: Message,
  status: number = ERRORS[code].http,
): Response {
  const { services, requestId, language } = c.var;
  const timestamp = new Date(services.clock.now()).toISOString();
  const error: ErrorBody = { code, message: tell(words, language), timestamp, request_id: requestId };
  c.header("content-language", language);
  c.header("vary", "accept-language", { append: true });
  return c.json(envelopeOf(c.req.path, error, status), status as 400);
}
