import type { CompletedComparison, PegComparisonResult } from "../../contract/comparison.js";
import type { PegJudge } from "../../contract/judge.js";
import { formatChange, formatPercent } from "../../contract/numbers.js";
import { verdictText } from "../format-judge.js";
import { formatTable } from "../format-table.js";
import type { Say } from "../words.js";
import type { InjectedChange } from "./simulate-network.js";

/** What the rule calls a change, percent. */
const RULE_PERCENT = 5;

type Score = "right" | "wrong" | "cannot tell";
const SCORES: readonly Score[] = ["right", "wrong", "cannot tell"];

function trendOf(changePercent: number): "up" | "down" | "stable" {
  if (Math.abs(changePercent) < RULE_PERCENT) return "stable";
  return changePercent > 0 ? "up" : "down";
}

/** A change within the band may be called minor, stable or unchanged; one beyond it must be named as what it is. */
function scoreOf({ verdict, direction, band_percent: band }: PegJudge, injected: number): Score {
  if (verdict === "inconclusive" || verdict === "insufficient_data") return "cannot tell";
  const beyond = ["improved", "declined", "changed"].includes(verdict);
  if (Math.abs(injected) < band) return beyond ? "wrong" : "right";
  if (direction === "neutral") return verdict === "changed" ? "right" : "wrong";
  const better = injected > 0 === (direction === "higher_is_better");
  return verdict === (better ? "improved" : "declined") ? "right" : "wrong";
}

interface Compared {
  cells: string[];
  rule: Score;
  judge: Score | undefined;
}

function compareWith(
  { pegName, changePercent, note }: InjectedChange,
  found: PegComparisonResult | undefined,
  skipped: boolean,
  say: Say,
): Compared {
  if (changePercent === null || !found) {
    const expected = changePercent === null && skipped;
    const score: Score = expected ? "right" : "wrong";
    const injected = changePercent === null ? say("no samples in N") : formatPercent(changePercent);
    const result = skipped ? say("skipped") : found ? say("not skipped") : say("not found");
    return {
      cells: [pegName, injected, result, say(score), say(score), say(note)],
      rule: score,
      judge: score,
    };
  }
  const { comparison, judge } = found;
  const rule = comparison.trend === trendOf(changePercent) ? "right" : "wrong";
  const judged = judge && scoreOf(judge, changePercent);
  return {
    cells: [
      pegName,
      formatPercent(changePercent),
      formatChange(comparison.change_percent),
      `${say(comparison.trend)}: ${say(rule)}`,
      judge && judged ? `${verdictText(judge.verdict, say)}: ${say(judged)}` : "",
      say(note),
    ],
    rule,
    judge: judged,
  };
}

/** What was injected beside what the 5 % rule and the judge say, a line for each PEG and one for all. */
export function formatTruth(
  truth: readonly InjectedChange[],
  { data }: CompletedComparison,
  say: Say,
  columns?: number,
): string {
  const found = new Map(data.peg_comparison_results.map((peg) => [peg.peg_name, peg]));
  const skipped = new Set(data.analysis_metadata?.skipped_pegs?.map((peg) => peg.peg_name));
  const compared = truth.map((one) =>
    compareWith(one, found.get(one.pegName), skipped.has(one.pegName), say),
  );
  const head = [
    say("PEG"),
    say("Injected"),
    say("Found"),
    say("5 % rule"),
    say("Judge"),
    say("What was done"),
  ];
  const rows = [head, ...compared.map(({ cells }) => cells)];
  const counted = (scores: readonly (Score | undefined)[]) => {
    const [right = 0, wrong = 0, open = 0] = SCORES.map(
      (score) => scores.filter((one) => one === score).length,
    );
    return say("{right} right, {wrong} wrong, {open} not told", { right, wrong, open });
  };
  return [
    formatTable(rows, { numeric: [1, 2], expendable: [5, 1], columns }),
    "",
    `${say("5 % rule")}: ${counted(compared.map(({ rule }) => rule))}`,
    `${say("Judge")}: ${counted(compared.map(({ judge }) => judge))}`,
  ].join("\n");
}
