import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { Language } from "../contract/words.js";

const KOREAN = /^ko(-|$)/i;
/** Whoever takes anything gets English. */
const ENGLISH = /^(en(-|$)|\*$)/i;
/** No browser sends more; to read what is longer would take longer than most calls. */
const MAX_LENGTH = 1_000;

/** The language that a caller would rather have, of the two that there are. Anything but Korean gets English. */
export function languageOf(c: Context): Language {
  if ((c.req.header("accept-language")?.length ?? 0) > MAX_LENGTH) return "en";
  return accepts(c, {
    header: "Accept-Language",
    supports: ["en", "ko"],
    default: "en",
    // They come in the order of their weights. The helper's own match knows no `ko-KR`.
    match: (accepted) => {
      const first = accepted.find(({ type, q }) => q > 0 && (KOREAN.test(type) || ENGLISH.test(type)));
      return first && KOREAN.test(first.type) ? "ko" : "en";
    },
  }) as Language;
}
