import type { ComparisonSummary } from "../../contract/comparison.js";
import { VERDICT_WORDS } from "../../contract/verdict-words.js";
import { useWords } from "../words/words.js";
import { verdictCounts } from "./verdicts.js";

/** How the PEGs of an analysis divide among the verdicts: a bar, and the same in words. */
export function VerdictBar({ summary }: { summary: ComparisonSummary }) {
  const { language } = useWords();
  const counts = verdictCounts(summary);
  return (
    <div className="verdict-bar">
      <div className="bar" aria-hidden="true">
        {counts.map(({ verdict, count }) => (
          <span key={verdict} data-verdict={verdict} style={{ flexGrow: count }} />
        ))}
      </div>
      <p>
        {counts.map(({ verdict, count }) => (
          <span key={verdict} data-verdict={verdict} className="count">
            {count} {VERDICT_WORDS[verdict][language]}
          </span>
        ))}
      </p>
    </div>
  );
}
