import { createRemembered, useStore } from "../store.js";
import { LANGUAGES, type Language, type Say, say } from "./say.js";

export type { DashboardText } from "./korean.js";
export { LANGUAGES, type Language, type Say } from "./say.js";

const preferred = (): Language => (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");

export const language = createRemembered("peg.language", LANGUAGES, preferred());

/** The words of the page; the component is drawn again when the reader chooses another language. */
export function useWords(): { say: Say; language: Language } {
  const chosen = useStore(language);
  return { say: say[chosen], language: chosen };
}
