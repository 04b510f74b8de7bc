import type { ComparisonSummary } from "../../contract/comparison.js";
import { formatChange, OVERALL_BAND_PERCENT } from "../../contract/numbers.js";
import { useWords } from "../words/words.js";
import { VerdictChip } from "./verdict-chip.js";
import { overallVerdict, weightedChange } from "./verdicts.js";

/** The verdict on the whole, and the weighted change, of which better is positive. */
export function OverallVerdict({ summary }: { summary: ComparisonSummary }) {
  const { say } = useWords();
  const percent = weightedChange(summary);
  return (
    <p className="overall">
      <VerdictChip verdict={overallVerdict(summary)} />
      <span className="number" title={say("weighted change, better is positive")}>
        {percent === undefined ? "–" : formatChange(percent, OVERALL_BAND_PERCENT)}
      </span>
    </p>
  );
}
