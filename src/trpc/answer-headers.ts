import type { Language } from "../contract/words.js";
import { toPegError } from "./errors.js";

/** Headers that follow from how the calls of a request ended. */
export function answerHeaders(errors: readonly unknown[], language: Language): Record<string, string> {
  if (!errors.length) return {};
  const waits = errors.map((error) => toPegError(error).retryAfter ?? 0);
  const longest = Math.ceil(Math.max(0, ...waits));
  return { "content-language": language, ...(longest > 0 ? { "retry-after": String(longest) } : {}) };
}
