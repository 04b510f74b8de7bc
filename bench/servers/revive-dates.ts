import type { CompletedComparison } from "../../src/contract/comparison.js";

/** A comparison as JSON has it: its times are text. */
export type SentComparison = CompletedComparison;

/** Makes Dates of the times in a comparison that was JSON, in place. Cheaper than superjson's own parse. */
export function reviveDates(sent: SentComparison): CompletedComparison {
  const { data } = sent;
  for (const { metadata } of data.peg_comparison_results) {
    if (metadata) metadata.calculated_at = new Date(metadata.calculated_at);
  }
  const whole = data.analysis_metadata;
  if (whole) {
    whole.calculated_at = new Date(whole.calculated_at);
    const periods = whole.period_definition;
    for (const end of ["n1_start", "n1_end", "n_start", "n_end"] as const)
      periods[end] = new Date(periods[end]);
  }
  return sent;
}
