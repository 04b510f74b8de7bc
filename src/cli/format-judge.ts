import type { CompletedComparison, PegComparisonResult } from "../contract/comparison.js";
import type { JudgeVerdict, PegJudge } from "../contract/judge.js";
import { printable } from "./format-table.js";
import type { CliText } from "./korean.js";
import { type Say, sayCount } from "./words.js";

/** Of hundreds of PEGs that changed, some sentences are enough. */
const MAX_SENTENCES = 20;
/** What needs no sentence. */
const QUIET: ReadonlySet<JudgeVerdict> = new Set(["stable", "unchanged"]);

const VERDICTS = {
  improved: "improved",
  declined: "declined",
  minor: "minor change",
  stable: "stable",
  inconclusive: "cannot tell",
  insufficient_data: "too little data",
  changed: "changed",
  unchanged: "unchanged",
} as const satisfies Record<JudgeVerdict, CliText>;

export function verdictText(verdict: JudgeVerdict, say: Say): string {
  return say(VERDICTS[verdict]);
}

/** Good and bad, as the judge knows which is which. */
export function verdictStyle(verdict: JudgeVerdict): "green" | "red" | "yellow" | "dim" | "cyan" {
  if (verdict === "improved") return "green";
  if (verdict === "declined") return "red";
  if (verdict === "changed") return "cyan";
  return verdict === "inconclusive" || verdict === "insufficient_data" ? "yellow" : "dim";
}

/** The 95 % interval, `+10.3 to +13.3 %`; empty where there is none. */
export function intervalText({ interval }: Pick<PegJudge, "interval">, say: Say): string {
  if (!interval) return "";
  return say("{low} to {high} %", { low: bound(interval.low, "-∞"), high: bound(interval.high, "+∞") });
}

function bound(value: number | null, none: string): string {
  if (value === null) return none;
  const text = Math.abs(value) < 1e5 ? value.toFixed(1) : value.toExponential(1);
  if (Number(text) === 0) return "0.0";
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
