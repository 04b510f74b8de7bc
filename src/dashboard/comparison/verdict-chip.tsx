import type { JudgeVerdict } from "../../contract/judge.js";
import { VERDICT_WORDS } from "../../contract/verdict-words.js";
import { useWords } from "../words/words.js";
import { SIGNS } from "./verdicts.js";

/** A verdict as a word with its sign and its colour. */
export function VerdictChip({ verdict, large = false }: { verdict: JudgeVerdict; large?: boolean }) {
  const { language } = useWords();
  return (
    <span className={large ? "chip large" : "chip"} data-verdict={verdict}>
      <span aria-hidden="true">{SIGNS[verdict]}</span> {VERDICT_WORDS[verdict][language]}
    </span>
  );
}
