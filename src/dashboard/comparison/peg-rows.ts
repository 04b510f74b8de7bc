import type { PegDefinitions } from "../../contract/analysis.js";
import type { PegComparisonResult } from "../../contract/comparison.js";
import type { JudgeVerdict } from "../../contract/judge.js";
import { unitOf } from "../format/units.js";
import { VERDICTS } from "./verdicts.js";

/** One PEG as the table shows it. */
export interface PegRow {
  name: string;
  unit: string;
  peg: PegComparisonResult;
  /** What the judge says of the change where it judged, else the plain change of the means. Percent. */
  changePercent: number;
  verdict: JudgeVerdict | undefined;
  /** Percentage points of the weighted change; undefined of neutral PEGs. */
  contribution: number | undefined;
}

/**
 * What each PEG adds to `weighted_avg_change`: its own change, better turned positive, by its share of the weights.
 * Neutral PEGs have no share.
 */
function plainContributions(
  pegs: readonly PegComparisonResult[],
  definitions: PegDefinitions,
): Map<string, number> {
  const directionOf = ({ peg_name }: PegComparisonResult) => definitions[peg_name]?.direction;
  const counted = pegs.filter((peg) => directionOf(peg) !== "neutral");
  const weights = counted.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(
    counted.map((peg) => {
      const turned = directionOf(peg) === "lower_is_better" ? -1 : 1;
      return [peg.peg_name, (turned * peg.comparison.change_percent * peg.weight) / weights];
    }),
  );
}

export function toRows(pegs: readonly PegComparisonResult[], definitions: PegDefinitions): PegRow[] {
  const isJudged = pegs.some(({ judge }) => judge);
  const plain = isJudged ? undefined : plainContributions(pegs, definitions);
  return pegs.map((peg) => ({
    name: peg.peg_name,
    unit: unitOf(peg.peg_name, definitions[peg.peg_name]),
    peg,
    changePercent: peg.comparison.change_percent,
    verdict: peg.judge?.verdict,
    contribution: plain ? plain.get(peg.peg_name) : peg.judge?.contribution,
  }));
}

export const TRENDS = ["up", "down", "stable"] as const;
export const SIGNIFICANCES = ["high", "medium", "low"] as const;

/** What of the PEGs is shown. An empty text lets all pass. */
export interface PegFilter {
  search: string;
  trend: string;
  significance: string;
  verdict: string;
  minWeight: number;
}

export function filterRows(rows: readonly PegRow[], filter: PegFilter): PegRow[] {
  const search = filter.search.trim().toLocaleLowerCase();
  return rows.filter(
    ({ name, peg, verdict }) =>
      (search === "" || name.toLocaleLowerCase().includes(search)) &&
      (filter.trend === "" || peg.comparison.trend === filter.trend) &&
      (filter.significance === "" || peg.comparison.significance === filter.significance) &&
      (filter.verdict === "" || verdict === filter.verdict) &&
      peg.weight >= filter.minWeight,
  );
}

export const SORT_KEYS = [
  "name",
  "weight",
  "n1",
  "n",
  "change",
  "trend",
  "significance",
  "verdict",
  "interval",
  "contribution",
] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export interface Sorting {
  /** Undefined for the order of the answer: by weight, then by name. */
  key: SortKey | undefined;
  descending: boolean;
}

const rankIn = (order: readonly string[], word: string | undefined) =>
  word === undefined ? undefined : order.indexOf(word);

/** What a row is sorted by; undefined sorts last, whichever way. */
const VALUES: Record<SortKey, (row: PegRow) => number | string | undefined> = {
  name: ({ name }) => name,
  weight: ({ peg }) => peg.weight,
  n1: ({ peg }) => peg.n1_period.avg,
  n: ({ peg }) => peg.n_period.avg,
  change: ({ changePercent }) => changePercent,
  trend: ({ peg }) => rankIn(["down", "stable", "up"], peg.comparison.trend),
  significance: ({ peg }) => rankIn(["low", "medium", "high"], peg.comparison.significance),
  verdict: ({ verdict }) => rankIn(VERDICTS, verdict),
  interval: ({ peg }) => peg.judge?.change_percent ?? undefined,
  contribution: ({ contribution }) => contribution,
};

const collator = new Intl.Collator("en", { numeric: true });

/** Sorted anew; equal ones keep the order of the answer. */
export function sortRows(rows: readonly PegRow[], { key, descending }: Sorting): PegRow[] {
  if (key === undefined) return [...rows];
  const valueIn = VALUES[key];
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: valueIn(row) }))
    .sort((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined);
      if (typeof a.value === "string" || typeof b.value === "string")
        return sign * collator.compare(String(a.value), String(b.value));
      return sign * (a.value - b.value);
    })
    .map(({ row }) => row);
}

/**
 * How far the axis of the intervals reaches on both sides of 0, in percent: of many PEGs nineteen in twenty are drawn
 * whole, so that a single wild one does not press all others together.
 */
export function intervalReach(rows: readonly PegRow[]): number {
  const ends = rows
    .map(({ peg: { judge } }) => {
      const { low, high } = judge?.interval ?? {};
      return Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), (judge?.band_percent ?? 0) * 2);
    })
    .filter((end) => end > 0)
    .sort((a, b) => a - b);
  return ends[Math.ceil(ends.length * 0.95) - 1] ?? 10;
}
