import type { CompletedComparison, PegComparisonResult } from "../contract/comparison.js";
import type { JudgeVerdict, PegJudge } from "../contract/judge.js";
import { decimalsFor } from "../contract/numbers.js";
import { VERDICT_WORDS } from "../contract/verdict-words.js";
import { printable } from "./format-table.js";
import { type Say, sayCount } from "./words.js";

/** Of hundreds of PEGs that changed, some sentences are enough. */
const MAX_SENTENCES = 20;
/** What needs no sentence. */
const QUIET: ReadonlySet<JudgeVerdict> = new Set(["stable", "unchanged"]);

export function verdictText(verdict: JudgeVerdict, say: Say): string {
  return VERDICT_WORDS[verdict][say.language];
}

/** The tones of the page: what is better, worse, another, small, quiet, and what cannot be told. */
const STYLES = {
  improved: "green",
  declined: "red",
  changed: "magenta",
  minor: "cyan",
  stable: "dim",
  unchanged: "dim",
  inconclusive: "yellow",
  insufficient_data: "yellow",
} as const satisfies Record<JudgeVerdict, string>;

export function verdictStyle(verdict: JudgeVerdict): (typeof STYLES)[JudgeVerdict] {
  return STYLES[verdict];
}

/** The 95 % interval, `+10.3 to +13.3 %`; empty where there is none. */
export function intervalText(
  { interval, band_percent, change_percent }: Pick<PegJudge, "interval" | "band_percent" | "change_percent">,
  say: Say,
): string {
  if (!interval) return "";
  const decimals = decimalsFor(band_percent, change_percent ?? 0);
  const [low, high] = [bound(interval.low, "-∞", decimals), bound(interval.high, "+∞", decimals)];
  return say("{low} to {high} %", { low, high });
}

function bound(value: number | null, none: string, decimals: number): string {
  if (value === null) return none;
  const text = Math.abs(value) < 1e5 ? value.toFixed(decimals) : value.toExponential(1);
  if (Number(text) === 0) return text.replace("-", "");
  return value > 0 ? `+${text}` : text;
}

/** Why each verdict that is not a quiet one was given, a line for each PEG. */
export function formatSentences(pegs: readonly PegComparisonResult[], say: Say): string[] {
  const loud = pegs.filter(({ judge }) => judge && !QUIET.has(judge.verdict));
  const lines = loud
    .slice(0, MAX_SENTENCES)
    .map(({ peg_name, judge }) => printable(`${peg_name}: ${judge?.sentence[say.language]}`));
  const more = loud.length - lines.length;
  return more > 0 ? [...lines, sayCount(say, more, "more PEG")] : lines;
}

/** The verdict on the whole; undefined where the analysis service does not judge. */
export function overallSentence({ data }: CompletedComparison, say: Say): string | undefined {
  const { judge } = data.summary;
  return judge && printable(judge.sentence[say.language]);
}
