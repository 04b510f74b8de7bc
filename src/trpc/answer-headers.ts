import type { RequestContext } from "./context.js";
import { toPegError } from "./errors.js";
import { rateLimitHeaders } from "./rate-limit-headers.js";

/** Headers that follow from how the calls of a request ended. */
export function answerHeaders(
  errors: readonly unknown[],
  { limitDecisions, language }: Pick<RequestContext, "limitDecisions" | "language">,
): Record<string, string> {
  const limits = rateLimitHeaders(limitDecisions);
  if (errors.length === 0) return limits;
  const known = errors.map(toPegError);
  const longest = Math.ceil(Math.max(0, ...known.map(({ retryAfter }) => retryAfter ?? 0)));
  return {
    ...limits,
    "content-language": language,
    ...(longest > 0 ? { "retry-after": String(longest) } : {}),
    ...(known.some(({ code }) => code === "API_AUTHENTICATION_ERROR")
      ? { "www-authenticate": "Bearer" }
      : {}),
  };
}
