import { styleText } from "node:util";
import type { CompletedComparison, PegComparisonResult } from "../contract/comparison.js";
import { formatTable, printable } from "./format-table.js";

export interface FormatOptions {
  color: boolean;
  /** Of the terminal, which the table is made to fit. */
  columns?: number | undefined;
}

const ARROWS = { up: "▲", down: "▼", stable: "=" } as const;
/** Of hundreds of PEGs that could not be compared, some names are enough. */
const MAX_SKIPPED = 10;

type Style = Parameters<typeof styleText>[0];

/** Colours text, or leaves it. */
export function painter(color: boolean): (style: Style, text: string) => string {
  // Whether to colour is decided by then: newer Nodes would ask the stream once more.
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** Four significant digits, no exponent where people expect none. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1e7) return value.toExponential(2);
  return size >= 999.95 ? value.toFixed(0) : value.toPrecision(4);
}

/** With its sign, in percent. */
export function formatPercent(value: number): string {
  if (Math.abs(value) >= 1e6) return `${value > 0 ? "+" : ""}${value.toExponential(1)} %`;
  const text = value.toFixed(1);
  // What rounds to nothing has no direction.
  if (Number(text) === 0) return "0.0 %";
  return `${value > 0 ? "+" : ""}${text} %`;
}

/** A number of things: `1 cell`, `4 cells`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Columns of the table of PEGs. */
const HEAD = ["PEG", "Weight", "N-1", "N", "Change", "Trend", "Significance"];
const NUMERIC = [1, 2, 3, 4];
/** The arrow beside the change tells the trend as well. */
const EXPENDABLE = [5, 1, 6];

function row(
  { peg_name, weight, n1_period, n_period, comparison }: PegComparisonResult,
  color: boolean,
): string[] {
  const { trend, change_percent, significance, note } = comparison;
  // Not red and green: an answer does not tell which direction is the better one for a PEG.
  const style: Style = trend === "stable" ? "dim" : trend === "up" ? "cyan" : "magenta";
  const change = `${formatPercent(change_percent)} ${ARROWS[trend]}`;
  return [
    printable(peg_name),
    String(weight),
    formatNumber(n1_period.avg),
    formatNumber(n_period.avg),
    painter(color)(style, change),
    trend,
    note === undefined ? significance : `${significance} (${printable(note).replaceAll("_", " ")})`,
  ];
}

const TREND_STYLES = { improving: "green", declining: "red", stable: "yellow" } as const;

/** A comparison for people: its summary, and a line for each PEG. */
export function formatComparison(answer: CompletedComparison, { color, columns }: FormatOptions): string {
  const { analysis_id, peg_comparison_results: pegs, summary, analysis_metadata: metadata } = answer.data;
  const paint = painter(color);
  const rows = [HEAD, ...pegs.map((peg) => row(peg, color))];
  const counts = [
    paint("green", `${summary.improved} improved`),
    paint("red", `${summary.declined} declined`),
    `${summary.stable} stable`,
  ];
  const lines = [
    paint("bold", `Comparison of ${analysis_id}`),
    ...(metadata ? formatPeriods(metadata.period_definition) : []),
    "",
    formatTable(rows, { numeric: NUMERIC, expendable: EXPENDABLE, columns }),
    "",
    `${paint("bold", "Summary")}  ${formatCount(summary.total_pegs, "PEG")}: ${counts.join(", ")}`,
    `Overall  ${paint([TREND_STYLES[summary.overall_trend], "bold"], summary.overall_trend)}, weighted change ` +
      `${formatPercent(summary.weighted_avg_change)} (better is positive)`,
    paint("dim", "Better   is up; down where a PEG is lower_is_better; neutral ones count as stable"),
    ...formatSkipped(metadata?.skipped_pegs ?? []).map((line) => paint("dim", `Skipped  ${line}`)),
    paint(
      "dim",
      `Answer   cached: ${answer.cached}, computed in ${answer.processing_time.toFixed(3)} s by ` +
        printable(answer.mcp_version),
    ),
  ];
  return lines.join("\n");
}

function formatSkipped(skipped: readonly { peg_name: string; reason: string }[]): string[] {
  const lines = skipped
    .slice(0, MAX_SKIPPED)
    .map(({ peg_name, reason }) => printable(`${peg_name}: ${reason}`));
  const more = skipped.length - lines.length;
  return more > 0 ? [...lines, `${formatCount(more, "more PEG")}`] : lines;
}

function formatPeriods(periods: { n1_start: Date; n1_end: Date; n_start: Date; n_end: Date }): string[] {
  const minute = (time: Date) => time.toISOString().slice(0, 16).replace("T", " ");
  return [
    `N-1  ${minute(periods.n1_start)} to ${minute(periods.n1_end)} UTC`,
    `N    ${minute(periods.n_start)} to ${minute(periods.n_end)} UTC`,
  ];
}
