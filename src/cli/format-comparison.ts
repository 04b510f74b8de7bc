import { styleText } from "node:util";
import { getBorderCharacters, table } from "table";
import type { CompletedComparison, PegComparisonResult } from "../contract/comparison.js";

export interface FormatOptions {
  color: boolean;
  /** Of the terminal; the widest column is cut to fit. */
  columns?: number | undefined;
}

const ARROWS = { up: "▲", down: "▼", stable: "=" } as const;
const NAME_WIDTH = 40;

type Style = Parameters<typeof styleText>[0];

/** Colours text, or leaves it. */
export function painter(color: boolean): (style: Style, text: string) => string {
  return (style, text) => (color ? styleText(style, text) : text);
}

/** Four significant digits, no exponent where people expect none. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e7)) return value.toExponential(2);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return value.toFixed(decimals);
}

/** With its sign, in percent. */
export function formatPercent(value: number): string {
  return `${value > 0 ? "+" : ""}${Math.abs(value) >= 1e6 ? value.toExponential(1) : value.toFixed(1)} %`;
}

/** A table without lines but one below its head. */
export function formatTable(rows: string[][], numeric: readonly number[], nameWidth = NAME_WIDTH): string {
  return table(rows, {
    border: getBorderCharacters("ramac"),
    drawVerticalLine: () => false,
    drawHorizontalLine: (line) => line === 1,
    columns: rows[0]?.map((_, i) => ({
      alignment: numeric.includes(i) ? ("right" as const) : ("left" as const),
      ...(i === 0 ? { truncate: nameWidth } : {}),
    })),
  }).trimEnd();
}

function row(
  { peg_name, weight, n1_period, n_period, comparison }: PegComparisonResult,
  color: boolean,
): string[] {
  const { trend, change_percent, significance, note } = comparison;
  const style: Style = trend === "stable" ? "dim" : trend === "up" ? "cyan" : "magenta";
  const change = `${formatPercent(change_percent)} ${ARROWS[trend]}`;
  return [
    peg_name,
    String(weight),
    formatNumber(n1_period.avg),
    formatNumber(n_period.avg),
    painter(color)(style, change),
    trend,
    note === undefined ? significance : `${significance} (${note.replaceAll("_", " ")})`,
  ];
}

const TREND_STYLES = { improving: "green", declining: "red", stable: "yellow" } as const;

/** A comparison for people: its summary, and a line for each PEG. */
export function formatComparison(answer: CompletedComparison, { color, columns }: FormatOptions): string {
  const { analysis_id, peg_comparison_results: pegs, summary, analysis_metadata: metadata } = answer.data;
  const paint = painter(color);
  const head = ["PEG", "Weight", "N-1", "N", "Change", "Trend", "Significance"];
  const nameWidth = Math.max(12, Math.min(NAME_WIDTH, (columns ?? 120) - 75));
  const body = formatTable([head, ...pegs.map((peg) => row(peg, color))], [1, 2, 3, 4], nameWidth);
  const counts = [
    paint("green", `${summary.improved} improved`),
    paint("red", `${summary.declined} declined`),
    `${summary.stable} stable`,
  ];
  const lines = [
    paint("bold", `Comparison of ${analysis_id}`),
    ...(metadata ? [formatPeriods(metadata.period_definition)] : []),
    "",
    body,
    "",
    `${paint("bold", "Summary")}  ${summary.total_pegs} PEGs: ${counts.join(", ")}`,
    `Overall  ${paint([TREND_STYLES[summary.overall_trend], "bold"], summary.overall_trend)}, weighted change ` +
      `${formatPercent(summary.weighted_avg_change)} (better is positive)`,
    ...(metadata?.skipped_pegs ?? []).map(({ peg_name, reason }) =>
      paint("dim", `Skipped  ${peg_name}: ${reason}`),
    ),
    paint(
      "dim",
      `Answer   cached: ${answer.cached}, computed in ${answer.processing_time.toFixed(3)} s by ${answer.mcp_version}`,
    ),
  ];
  return lines.join("\n");
}

function formatPeriods({
  n1_start,
  n1_end,
  n_start,
  n_end,
}: {
  n1_start: Date;
  n1_end: Date;
  n_start: Date;
  n_end: Date;
}): string {
  const minute = (time: Date) => time.toISOString().slice(0, 16).replace("T", " ");
  return `N-1 ${minute(n1_start)} to ${minute(n1_end)}   N ${minute(n_start)} to ${minute(n_end)}   (UTC)`;
}
