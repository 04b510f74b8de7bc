import { formatPercent } from "../../contract/numbers.js";
import { useWords } from "../words/words.js";
import type { PegRow } from "./peg-rows.js";

const SHOWN = 8;

/** What moved the weighted change: the PEGs that added most to it, for the better to the right. */
export function Contributions({ rows, onOpen }: { rows: readonly PegRow[]; onOpen: (name: string) => void }) {
  const { say } = useWords();
  const ranked = rows
    .flatMap(({ name, contribution }) => (contribution === undefined ? [] : [{ name, contribution }]))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, SHOWN);
  const largest = Math.abs(ranked[0]?.contribution ?? 0);
  if (largest === 0) return null;
  return (
    <section className="card contributions" aria-labelledby="contributions-title">
      <h2 id="contributions-title">{say("What moved it")}</h2>
      <p className="hint">
        {say("Percentage points that each PEG adds to the weighted change; better is positive.")}
      </p>
      <ul>
        {ranked.map(({ name, contribution }) => (
          <li key={name} data-side={contribution < 0 ? "worse" : "better"}>
            <button type="button" className="link" onClick={() => onOpen(name)}>
              {name}
            </button>
            <span className="track" aria-hidden="true">
              <span style={{ width: `${(Math.abs(contribution) / largest) * 50}%` }} />
            </span>
            <span className="number">{formatPercent(contribution)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
