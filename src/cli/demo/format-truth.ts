import type { CompletedComparison } from "../../contract/comparison.js";
import { formatPercent } from "../format-comparison.js";
import { formatTable } from "../format-table.js";
import type { Say } from "../words.js";
import type { InjectedChange } from "./simulate-network.js";

function trendOf(changePercent: number): "up" | "down" | "stable" {
  if (Math.abs(changePercent) < 5) return "stable";
  return changePercent > 0 ? "up" : "down";
}

/** What was injected beside what was found, a line for each PEG. */
export function formatTruth(
  truth: readonly InjectedChange[],
  { data }: CompletedComparison,
  say: Say,
  columns?: number,
): string {
  const found = new Map(data.peg_comparison_results.map((peg) => [peg.peg_name, peg.comparison]));
  const skipped = new Set(data.analysis_metadata?.skipped_pegs?.map((peg) => peg.peg_name));
  const rows = truth.map(({ pegName, changePercent, note }) => {
    const comparison = found.get(pegName);
    if (changePercent === null) {
      return [
        pegName,
        say("no samples in N"),
        skipped.has(pegName) ? say("skipped") : say("not skipped"),
        skipped.has(pegName) ? say("yes") : say("NO"),
        say(note),
      ];
    }
    const expected = trendOf(changePercent);
    return [
      pegName,
      `${formatPercent(changePercent)} ${say(expected)}`,
      comparison ? `${formatPercent(comparison.change_percent)} ${say(comparison.trend)}` : say("not found"),
      comparison?.trend === expected ? say("yes") : say("NO"),
      say(note),
    ];
  });
  const head = [say("PEG"), say("Injected"), say("Found"), say("Agree"), say("What was done")];
  return formatTable([head, ...rows], { numeric: [1, 2], expendable: [4], columns });
}
