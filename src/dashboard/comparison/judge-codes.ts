import type { DashboardText } from "../words/korean.js";
import type { Say } from "../words/say.js";

/** Codes of the judge in words; what is not known here is shown as it is. */
export const JUDGE_CODES = {
  higher_is_better: "higher is better",
  lower_is_better: "lower is better",
  neutral: "neither is better",
  paired_by_week: "same weekday and hour, week by week",
  paired_by_day: "same hour of day",
  unpaired: "all samples of both periods",
  rate: "events over exposure",
  log: "ratios",
  plain: "differences",
  pooled: "sums over sums",
  misaligned_periods: "a period is shorter than a day, so nothing is paired",
  ratio_not_pooled: "its parts were not named, or have no times; the values are compared as they are",
  not_counts_of_events: "the values are no counts of events, and are compared as they are",
  no_timestamps: "samples have no times; neighbours are taken to resemble each other",
  exposure_is_samples: "no exposure was named; samples are counted instead",
  missing: "missing",
  suspect: "marked as suspect",
  cell_in_one_period: "samples of cells that are in one period only",
  clock_change: "in hours that the clock showed twice",
  no_partner: "without a partner in the other period",
  gauge: "gauge",
  counter: "counter",
  ratio: "ratio",
  rare_count: "rare count",
} as const;

const CODES: Record<string, DashboardText> = JUDGE_CODES;

export function tellCode(code: string, say: Say): string {
  const text = CODES[code];
  return text ? (say as (text: DashboardText) => string)(text) : code.replaceAll("_", " ");
}

/** How many samples were left out, and why. */
export function tellDropped({ reason, count }: { reason: string; count: number }, say: Say): string {
  return say("{count} {reason}", { count, reason: tellCode(reason, say) });
}
