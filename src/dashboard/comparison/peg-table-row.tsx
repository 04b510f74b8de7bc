import { memo } from "react";
import { formatChange, formatNumber, formatPercent } from "../../contract/numbers.js";
import { useWords } from "../words/words.js";
import { IntervalGraphic, rangeText } from "./interval-graphic.js";
import type { PegRow } from "./peg-rows.js";
import { VerdictChip } from "./verdict-chip.js";

const ARROWS = { up: "▲", down: "▼", stable: "=" } as const;

interface RowProps {
  row: PegRow;
  index: number;
  isReachable: boolean;
  judged: boolean;
  reach: number;
  onOpen: (name: string) => void;
  onActive: (index: number) => void;
}

/** One PEG of the table; on narrow screens its cells stand below its name. */
export const PegTableRow = memo(function PegTableRow(props: RowProps) {
  const { row, index, isReachable, judged, reach, onOpen, onActive } = props;
  const { say } = useWords();
  const { name, unit, peg, changePercent, verdict, contribution } = row;
  const { trend, significance, note } = peg.comparison;
  const trendNames = { up: say("up"), down: say("down"), stable: say("stable") };
  const levelNames = { high: say("high"), medium: say("medium"), low: say("low") };
  return (
    <tr data-index={index} aria-rowindex={index + 2} onClick={() => onOpen(name)}>
      <th scope="row" data-column="name">
        <button
          type="button"
          className="link"
          tabIndex={isReachable ? 0 : -1}
          onFocus={() => onActive(index)}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(name);
          }}
          title={name}
        >
          {name}
        </button>
        {peg.judge?.critical && <span className="critical">{say("critical")}</span>}
      </th>
      <td data-column="weight" className="numeric">
        {peg.weight}
      </td>
      <td data-column="n1" className="numeric">
        {formatNumber(peg.n1_period.avg)}
      </td>
      <td data-column="n" className="numeric">
        {formatNumber(peg.n_period.avg)} <small>{unit}</small>
      </td>
      <td data-column="change" className="numeric">
        {formatChange(changePercent, peg.judge?.band_percent)}
        {note === "zero_baseline" && <small> {say("from zero")}</small>}
      </td>
      <td data-column="trend">
        <span aria-hidden="true">{ARROWS[trend]}</span> {trendNames[trend]}
      </td>
      <td data-column="significance">{levelNames[significance]}</td>
      {judged && (
        <>
          <td data-column="verdict">{verdict && <VerdictChip verdict={verdict} />}</td>
          <td data-column="interval">
            {peg.judge && (
              <>
                <IntervalGraphic judge={peg.judge} reach={reach} />
                {/* It is drawn for those who see; print has the text. */}
                <span className="interval-text visually-hidden">
                  {peg.judge.interval && rangeText(peg.judge.interval, peg.judge)}
                </span>
              </>
            )}
          </td>
        </>
      )}
      <td data-column="contribution" className="numeric">
        {contribution === undefined ? "" : formatPercent(contribution)}
      </td>
    </tr>
  );
});
