import { styleText } from "node:util";
import type { AnalysisMetadata, CompletedComparison, PegComparisonResult } from "../contract/comparison.js";
import { formatChange, formatNumber, OVERALL_BAND_PERCENT } from "../contract/numbers.js";
import { tellSkipReason } from "../contract/skip-reasons.js";
import { formatSentences, intervalText, overallSentence, verdictStyle, verdictText } from "./format-judge.js";
import { displayWidth, formatTable, padToWidth, printable } from "./format-table.js";
import { type Say, sayCount } from "./words.js";

export interface FormatOptions {
  say: Say;
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

/** Columns of the table of PEGs. */
const HEAD = ["PEG", "Weight", "N-1", "N", "Change", "Trend", "Significance"] as const;
const NUMERIC = [1, 2, 3, 4];
/** The arrow beside the change tells the trend as well. */
const EXPENDABLE = [5, 1, 6];

/** Where there are verdicts, these tell what trend and significance only guess at. */
const JUDGED_HEAD = ["PEG", "Weight", "N-1", "N", "Change", "95 % interval", "Verdict"] as const;
const JUDGED = { numeric: [1, 2, 3, 4, 5], expendable: [1, 2, 3] };

function judgedRow(result: PegComparisonResult, { say, color }: FormatOptions): string[] {
  const { peg_name, weight, n1_period, n_period, comparison, judge } = result;
  const { trend, change_percent, note } = comparison;
  const verdict = judge ? painter(color)(verdictStyle(judge.verdict), verdictText(judge.verdict, say)) : "";
  return [
    printable(peg_name),
    String(weight),
    formatNumber(n1_period.avg),
    formatNumber(n_period.avg),
    `${formatChange(change_percent, judge?.band_percent)} ${ARROWS[trend]}`,
    judge ? intervalText(judge, say) : "",
    note === undefined ? verdict : `${verdict} (${noteText(note, say)})`,
  ];
}

function noteText(note: string, say: Say): string {
  return say.known(printable(note).replaceAll("_", " "));
}

function row(
  { peg_name, weight, n1_period, n_period, comparison }: PegComparisonResult,
  { say, color }: FormatOptions,
): string[] {
  const { trend, change_percent, significance, note } = comparison;
  // Not red and green: an answer does not tell which direction is the better one for a PEG.
  const style: Style = trend === "stable" ? "dim" : trend === "up" ? "cyan" : "magenta";
  const change = `${formatChange(change_percent)} ${ARROWS[trend]}`;
  return [
    printable(peg_name),
    String(weight),
    formatNumber(n1_period.avg),
    formatNumber(n_period.avg),
    painter(color)(style, change),
    say(trend),
    note === undefined ? say(significance) : `${say(significance)} (${noteText(note, say)})`,
  ];
}

const LABELS = ["Summary", "Overall", "Judge", "Better", "Skipped", "Answer"] as const;
const TREND_STYLES = { improving: "green", declining: "red", stable: "yellow" } as const;

/** A comparison for people: its summary, and a line for each PEG. */
export function formatComparison(answer: CompletedComparison, options: FormatOptions): string {
  const { say, color, columns } = options;
  const { analysis_id, peg_comparison_results: pegs, summary, analysis_metadata: metadata } = answer.data;
  const paint = painter(color);
  const judged = pegs.some(({ judge }) => judge);
  const sentences = formatSentences(pegs, say);
  const overallVerdict = overallSentence(answer, say);
  const rows = judged
    ? [JUDGED_HEAD.map((name) => say(name)), ...pegs.map((peg) => judgedRow(peg, options))]
    : [HEAD.map((name) => say(name)), ...pegs.map((peg) => row(peg, options))];
  const { improved, declined, stable, overall_trend: trend } = summary;
  const counts = [
    paint("green", say("{improved} improved", { improved })),
    paint("red", say("{declined} declined", { declined })),
    say("{stable} stable", { stable }),
  ];
  const labels = LABELS.map((label) => say(label));
  const labelWidth = Math.max(...labels.map(displayWidth)) + 2;
  const label = (name: (typeof LABELS)[number]) => padToWidth(say(name), labelWidth);
  const overall = {
    trend: paint([TREND_STYLES[trend], "bold"], say(trend)),
    change: formatChange(summary.weighted_avg_change, OVERALL_BAND_PERCENT),
  };
  const origin = {
    cached: say(`${answer.cached}`),
    seconds: answer.processing_time.toFixed(3),
    version: printable(answer.mcp_version),
  };
  const lines = [
    paint("bold", say("Comparison of {id}", { id: analysis_id })),
    ...(metadata ? formatPeriods(metadata.period_definition, say) : []),
    "",
    formatTable(rows, { ...(judged ? JUDGED : { numeric: NUMERIC, expendable: EXPENDABLE }), columns }),
    "",
    ...(sentences.length > 0 ? [...sentences, ""] : []),
    `${paint("bold", label("Summary"))}${sayCount(say, summary.total_pegs, "PEG")}: ${counts.join(", ")}`,
    label("Overall") + say("{trend}, weighted change {change} (better is positive)", overall),
    ...(overallVerdict === undefined ? [] : [label("Judge") + overallVerdict]),
    paint(
      "dim",
      label("Better") + say("is up; down where a PEG is lower_is_better; neutral ones count as stable"),
    ),
    ...formatSkipped(metadata?.skipped_pegs ?? [], say).map((line) => paint("dim", label("Skipped") + line)),
    paint("dim", label("Answer") + say("cached: {cached}, computed in {seconds} s by {version}", origin)),
  ];
  return lines.join("\n");
}

function formatSkipped(skipped: readonly { peg_name: string; reason: string }[], say: Say): string[] {
  const lines = skipped
    .slice(0, MAX_SKIPPED)
    .map(({ peg_name, reason }) => printable(`${peg_name}: ${tellSkipReason(reason, say.language)}`));
  const more = skipped.length - lines.length;
  return more > 0 ? [...lines, sayCount(say, more, "more PEG")] : lines;
}

type PeriodDefinition = AnalysisMetadata["period_definition"];

function formatPeriods(periods: PeriodDefinition, say: Say): string[] {
  const minute = (time: Date) => time.toISOString().slice(0, 16).replace("T", " ");
  return [
    `N-1  ${say("{start} to {end} UTC", { start: minute(periods.n1_start), end: minute(periods.n1_end) })}`,
    `N    ${say("{start} to {end} UTC", { start: minute(periods.n_start), end: minute(periods.n_end) })}`,
  ];
}
