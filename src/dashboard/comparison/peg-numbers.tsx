import type { PegComparisonResult } from "../../contract/comparison.js";
import { formatChange, formatNumber } from "../../contract/numbers.js";
import { differenceUnit } from "../format/units.js";
import { type DashboardText, useWords } from "../words/words.js";
import type { PegRow } from "./peg-rows.js";

type PeriodStatistics = PegComparisonResult["n_period"];

/** The standard deviation that `rsd` was made of. */
export function deviationOf({ avg, rsd }: PeriodStatistics): number {
  return (Math.abs(avg) * rsd) / 100;
}

/** Both periods in numbers, with their unit, and the change between them. */
export function PegNumbers({ row: { peg, unit } }: { row: PegRow }) {
  const { say, language } = useWords();
  const { n1_period: n1, n_period: n, comparison, metadata, judge } = peg;
  const withUnit = (value: number, of = unit) => `${formatNumber(value)}${of && ` ${of}`}`;
  const rangeOf = ({ values }: PeriodStatistics) =>
    values.length === 0
      ? "–"
      : `${formatNumber(values.reduce((a, b) => Math.min(a, b)))} … ${withUnit(values.reduce((a, b) => Math.max(a, b)))}`;
  const lines: [DashboardText, (period: PeriodStatistics) => string | undefined][] = [
    ["Mean", ({ avg }) => withUnit(avg)],
    ["Standard deviation", (period) => withUnit(deviationOf(period))],
    ["Relative deviation (RSD)", ({ rsd }) => `${rsd.toFixed(1)} %`],
    ["Lowest and highest", rangeOf],
    ["Samples", ({ count }) => String(count)],
    ["Missing", ({ missing }) => (missing === undefined ? undefined : String(missing))],
    ["Could not be derived", ({ dropped }) => (dropped === undefined ? undefined : String(dropped))],
    ["Outliers", ({ outliers }) => (outliers === undefined ? undefined : String(outliers))],
  ];
  const shown = lines.filter(([, textOf]) => (textOf(n1) ?? textOf(n)) !== undefined);
  const levels = { high: say("high"), medium: say("medium"), low: say("low") };
  const trends = { up: say("up"), down: say("down"), stable: say("stable") };
  return (
    <section className="numbers">
      <h3>{say("In numbers")}</h3>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">N-1</th>
            <th scope="col">N</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(([title, textOf]) => (
            <tr key={title}>
              <th scope="row">{(say as (text: DashboardText) => string)(title)}</th>
              <td>{textOf(n1) ?? "–"}</td>
              <td>{textOf(n) ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl>
        <dt>{say("Change of the mean")}</dt>
        <dd>
          {formatChange(comparison.change_percent, judge?.band_percent)} (
          {comparison.change_absolute > 0 ? "+" : ""}
          {withUnit(comparison.change_absolute, differenceUnit(unit, language))}
          {comparison.note === "zero_baseline" && `, ${say("from a baseline of zero")}`})
        </dd>
        <dt>{say("By the 5 % rule")}</dt>
        <dd>
          {trends[comparison.trend]},{" "}
          {say("significance {level}", { level: levels[comparison.significance] })}
        </dd>
        <dt>{say("Confidence")}</dt>
        <dd>{Math.round(comparison.confidence * 100)} %</dd>
        <dt>{say("Weight")}</dt>
        <dd>{peg.weight}</dd>
        {metadata && (
          <>
            <dt>{say("Cell")}</dt>
            <dd>{metadata.cell_id === "ALL" ? say("all cells") : metadata.cell_id}</dd>
            <dt>{say("Data quality")}</dt>
            <dd>{levels[metadata.data_quality]}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
