import type { ErrorBody } from "../contract/errors.js";
import { tell } from "../contract/translate.js";
import { type Language, verbatim } from "../contract/words.js";

interface Refusal {
  error?: { json: { message: string; data: { error: ErrorBody } } };
}

/**
 * Puts into an answer of tRPC what it did not know when it made it: it refused the request before there was a context,
 * so that its errors name no request and are in English.
 */
export function signRefusal(text: string, requestId: string, language: Language): string {
  const answer = JSON.parse(text) as Refusal | Refusal[];
  for (const { error } of [answer].flat()) {
    if (!error) continue;
    const message = tell(verbatim(error.json.message), language);
    error.json.message = message;
    Object.assign(error.json.data.error, { message, request_id: requestId });
  }
  return JSON.stringify(answer);
}
