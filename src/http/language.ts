import { parseAccept } from "hono/utils/accept";
import type { Language } from "../contract/words.js";

const KOREAN = /^ko(-|$)/i;
/** Whoever takes anything gets English. */
const ENGLISH = /^(en(-|$)|\*$)/i;
/** No browser sends more; to read what is longer would take longer than most calls. */
const MAX_LENGTH = 1_000;

/** The language that a caller would rather have, of the two that there are. Anything but Korean gets English. */
export function languageOf(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined || acceptLanguage.length > MAX_LENGTH) return "en";
  // They come in the order of their weights.
  const first = parseAccept(acceptLanguage).find(
    ({ type, q }) => q > 0 && (KOREAN.test(type) || ENGLISH.test(type)),
  );
  return first && KOREAN.test(first.type) ? "ko" : "en";
}
