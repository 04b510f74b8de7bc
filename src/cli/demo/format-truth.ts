import type { CompletedComparison } from "../../contract/comparison.js";
import { formatPercent } from "../format-comparison.js";
import { formatTable } from "../format-table.js";
import type { InjectedChange } from "./simulate-network.js";

function trendOf(changePercent: number): string {
  if (Math.abs(changePercent) < 5) return "stable";
  return changePercent > 0 ? "up" : "down";
}

/** What was injected beside what was found, a line for each PEG. */
export function formatTruth(
  truth: readonly InjectedChange[],
  { data }: CompletedComparison,
  columns?: number,
): string {
  const found = new Map(data.peg_comparison_results.map((peg) => [peg.peg_name, peg.comparison]));
  const skipped = new Set(data.analysis_metadata?.skipped_pegs?.map((peg) => peg.peg_name));
  const rows = truth.map(({ pegName, changePercent, note }) => {
    const comparison = found.get(pegName);
    if (changePercent === null) {
      return [
        pegName,
        "no samples in N",
        skipped.has(pegName) ? "skipped" : "not skipped",
        skipped.has(pegName) ? "yes" : "NO",
        note,
      ];
    }
    const expected = trendOf(changePercent);
    return [
      pegName,
      `${formatPercent(changePercent)} ${expected}`,
      comparison ? `${formatPercent(comparison.change_percent)} ${comparison.trend}` : "not found",
      comparison?.trend === expected ? "yes" : "NO",
      note,
    ];
  });
  const head = ["PEG", "Injected", "Found", "Agree", "What was done"];
  return formatTable([head, ...rows], { numeric: [1, 2], expendable: [4], columns });
}
