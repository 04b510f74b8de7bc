import { toPegError } from "./errors.js";

/** Headers that follow from how the calls of a request ended. */
export function answerHeaders(errors: readonly unknown[]): Record<string, string> {
  const waits = errors.map((error) => toPegError(error).retryAfter ?? 0);
  const longest = Math.ceil(Math.max(0, ...waits));
  return longest > 0 ? { "retry-after": String(longest) } : {};
}
