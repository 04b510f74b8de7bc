import { put, type Value, type ValuesOf } from "../../contract/words.js";
import { type DashboardText, KOREAN } from "./korean.js";

export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Says a text in a language: the English one stands where it is said. */
export type Say = <T extends DashboardText>(text: T, ...values: ValuesOf<T>) => string;

/** Works in workers too, which know nothing of the reader's choices. */
export const say: Record<Language, Say> = {
  en: (text, ...[values]) => put(text, (values ?? {}) as Record<string, Value>),
  ko: (text, ...[values]) => put(KOREAN[text], (values ?? {}) as Record<string, Value>),
};
