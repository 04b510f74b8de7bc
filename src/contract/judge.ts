import { z } from "zod";
import { DIRECTIONS } from "./analysis.js";

export const VERDICTS = [
  "improved",
  "declined",
  "minor",
  "stable",
  "inconclusive",
  "insufficient_data",
  "changed",
  "unchanged",
] as const;
export const verdict = z.enum(VERDICTS);
export type JudgeVerdict = z.infer<typeof verdict>;

const finite = z.number();
const share = z.number().min(0).max(1);
const code = z.string().min(1).max(100);
const count = z.number().int().nonnegative();

/** Who says what a PEG's direction or kind is. */
export const SOURCES = ["definition", "catalogue", "default"] as const;
const source = z
  .enum(SOURCES)
  .optional()
  .describe("who says so: its definition, its well-known name, or nobody");

/** The verdict in words, by language. */
export const judgeSentence = z.object({ en: z.string().max(1000), ko: z.string().max(1000) });
export type JudgeSentence = z.infer<typeof judgeSentence>;

/** Percent of the N-1 level; null where there is no bound. */
export const judgeInterval = z.object({ low: finite.nullable(), high: finite.nullable() });

/** Whether the change of one PEG is more than noise. Absent where the analysis service does not judge. */
export const pegJudge = z.object({
  verdict: verdict.describe('"changed" and "unchanged" are of neutral PEGs'),
  reason: code.describe("why, as a code"),
  sentence: judgeSentence,
  direction: z.enum(DIRECTIONS),
  direction_source: source,
  kind: code,
  kind_source: source,
  critical: z.boolean(),
  band_percent: finite.nonnegative().describe("changes within it do not matter"),
  design: code.describe("what is compared with what: paired_by_week, paired_by_day, unpaired, rate"),
  scale: code.describe("log: ratios of samples; plain: differences; pooled: sums over sums; rate: events"),
  change_percent: finite.nullable().describe("null where N-1 has no level to compare with"),
  interval: judgeInterval
    .optional()
    .describe("95 %, before the correction for many PEGs; absent where N-1 has no level to compare with"),
  equivalence_interval: judgeInterval.optional().describe("90 %: stable where it lies inside the band"),
  p: share.optional(),
  q: share.optional().describe("after Benjamini-Hochberg over all tested PEGs"),
  p_holm: share.optional().describe("after Holm over the tested critical PEGs"),
  n: count.describe("pairs of slots, or samples of the smaller side"),
  n_eff: finite.nonnegative().describe("how many independent ones they are worth"),
  needed: count.optional().describe("how many more pairs or samples it takes"),
  p_better: share
    .optional()
    .describe(
      "the probability that an N sample is better than an N-1 sample, larger where neither is better; ties half",
    ),
  shift: finite.optional().describe("Hodges-Lehmann, in the unit of the KPI; unpaired only"),
  dropped: z.array(z.object({ reason: code, count })),
  warnings: z.array(code),
  variability: z
    .object({ flag: z.enum(["more_variable", "less_variable", "same"]), p: share, ratio: finite.nullable() })
    .optional(),
  contribution: finite.optional().describe("percentage points of the summary's weighted change"),
});
export type PegJudge = z.infer<typeof pegJudge>;

/** What the judged PEGs say together. */
export const summaryJudge = z.object({
  verdict,
  reason: code,
  sentence: judgeSentence,
  counts: z.record(verdict, count),
  tested: count.describe("PEGs with a p value: the family of the q values"),
  tested_critical: count,
  weighted_change: z
    .object({ percent: finite, low: finite, high: finite })
    .optional()
    .describe("better is positive; over tested PEGs, neutral ones left out; absent without any"),
  share_inconclusive: share,
  share_insufficient: share,
  time_zone: z.string().max(64),
  method_version: z.string().max(50),
  settings_hash: z.string().max(128).describe("SHA-256 of all settings and definitions that were used"),
});
export type SummaryJudge = z.infer<typeof summaryJudge>;
