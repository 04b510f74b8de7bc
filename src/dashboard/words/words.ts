import { put, type Value, type ValuesOf } from "../../contract/words.js";
import { createRemembered, useStore } from "../store.js";
import { type DashboardText, KOREAN } from "./korean.js";

export type { DashboardText } from "./korean.js";

export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

const preferred = (): Language => (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");

export const language = createRemembered("peg.language", LANGUAGES, preferred());

/** Says a text in the reader's language: the English one stands where it is said. */
export type Say = <T extends DashboardText>(text: T, ...values: ValuesOf<T>) => string;

const sayings: Record<Language, Say> = {
  en: (text, ...[values]) => put(text, (values ?? {}) as Record<string, Value>),
  ko: (text, ...[values]) => put(KOREAN[text], (values ?? {}) as Record<string, Value>),
};

/** The words of the page; the component is drawn again when the reader chooses another language. */
export function useWords(): { say: Say; language: Language } {
  const chosen = useStore(language);
  return { say: sayings[chosen], language: chosen };
}
