import { createRemembered } from "../store.js";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = createRemembered<Theme>("peg.theme", THEMES, "system");

function apply(): void {
  const chosen = theme.get();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
theme.subscribe(apply);
apply();

/** Tells when the colours of the page change: charts draw theirs anew. */
export function onColoursChange(listener: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", listener);
  const unsubscribe = theme.subscribe(listener);
  return () => {
    query.removeEventListener("change", listener);
    unsubscribe();
  };
}
