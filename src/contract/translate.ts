import { KOREAN } from "./korean.js";
import { tellSkippedPeg } from "./skip-reasons.js";
import { createTranslator, inEnglish, type Language, type Message, put } from "./words.js";

const translate = createTranslator(KOREAN);

/** Whether an English text, its values in it, is one of the table's. */
export function isKnown(english: string): boolean {
  return translate(english) !== undefined;
}

/** A message in a language. Words that the table does not hold stay as they are. */
export function tell(message: Message, language: Language): string {
  if (language === "en") return inEnglish(message);
  if (typeof message === "string") return translate(message) ?? tellSkippedPeg(message, language);
  return put(KOREAN[message.text], message.values);
}

/** A message as a log may show it: what others said is left out, and so are names that stand in ours. */
export function ownWords(message: Message): string | undefined {
  if (typeof message === "string") return Object.hasOwn(KOREAN, message) ? message : undefined;
  const numbers = Object.entries(message.values).filter(([, value]) => typeof value === "number");
  return put(message.text, Object.fromEntries(numbers));
}
