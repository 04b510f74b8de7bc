import { useEffect } from "react";
import { useWords } from "../words/words.js";

/** Names the view in the tab, and the page's language to whoever reads it aloud. */
export function useTitle(title: string): void {
  const { say, language } = useWords();
  const product = say("PEG comparison");
  useEffect(() => {
    document.title = title === product ? product : `${title} · ${product}`;
    document.documentElement.lang = language;
  }, [title, product, language]);
}
