import { z } from "zod";
import { analysisId, periodDefinition } from "./analysis.js";
import { errorCode, errorDetail } from "./errors.js";
import { pegJudge, summaryJudge } from "./judge.js";
import { time } from "./time.js";

export const DEFAULT_CACHE_TTL = 3600;
export const MAX_CACHE_TTL = 86_400;

const finite = z.number();
const count = z.number().int().nonnegative();
const level = z.enum(["high", "medium", "low"]);

/** The samples of one PEG in one period. `rsd` is in percent of the mean. */
export const periodStatistics = z.object({
  avg: finite,
  rsd: finite.nonnegative(),
  values: z.array(finite),
  count,
  missing: count.optional().describe("samples that were null and left out"),
  dropped: count.optional().describe("samples of a derived PEG that could not be computed"),
  outliers: count.optional().describe("samples outside the 1.5 IQR fences; counted, not removed"),
});

/** The change from N-1 to N. Percentages are of the absolute N-1 mean. */
export const pegChange = z.object({
  change_percent: finite,
  change_absolute: finite,
  trend: z.enum(["up", "down", "stable"]),
  significance: level,
  confidence: finite.min(0).max(1),
  note: z.string().optional().describe('"zero_baseline" where the N-1 mean is 0'),
});

export const pegMetadata = z.object({
  cell_id: z.string().describe("the cell of all samples; ALL where they are of several"),
  calculated_at: time,
  data_quality: level,
});

export const pegComparisonResult = z.object({
  peg_name: z.string(),
  weight: z.number().int().min(1).max(10),
  n1_period: periodStatistics,
  n_period: periodStatistics,
  comparison: pegChange,
  metadata: pegMetadata.optional(),
  judge: pegJudge.optional(),
});
export type PegComparisonResult = z.infer<typeof pegComparisonResult>;

export const comparisonSummary = z.object({
  total_pegs: count,
  improved: count,
  declined: count,
  stable: count,
  weighted_avg_change: finite,
  overall_trend: z.enum(["improving", "declining", "stable"]),
  judge: summaryJudge.optional(),
});
export type ComparisonSummary = z.infer<typeof comparisonSummary>;

export const analysisMetadata = z.object({
  calculated_at: time,
  algorithm_version: z.string(),
  data_source: z.string().optional(),
  period_definition: periodDefinition,
  skipped_pegs: z.array(z.object({ peg_name: z.string(), reason: z.string() })).optional(),
});
export type AnalysisMetadata = z.infer<typeof analysisMetadata>;

export const comparisonData = z.object({
  analysis_id: analysisId,
  peg_comparison_results: z.array(pegComparisonResult),
  summary: comparisonSummary,
  analysis_metadata: analysisMetadata.optional(),
});
export type ComparisonData = z.infer<typeof comparisonData>;

const computation = {
  processing_time: finite
    .nonnegative()
    .describe("seconds the comparison took to compute, also on cached answers"),
  cached: z.boolean().describe("false only for the request that the comparison was computed for"),
  mcp_version: z.string(),
};

/** A comparison that is there. */
export const completedComparison = z.object({
  success: z.literal(true),
  status: z.literal("COMPLETED"),
  data: comparisonData,
  ...computation,
});
export type CompletedComparison = z.infer<typeof completedComparison>;

export const taskStatus = z.enum(["PENDING", "PROCESSING", "COMPLETED", "FAILED"]);

export const taskId = z.uuid();
/** A task as a caller names it: what no task can be called is one that is not there. */
const namedTaskId = z.string().min(1).max(255);

const taskFields = {
  success: z.literal(true),
  task_id: taskId,
  progress: z.number().min(0).max(100).describe("percent; never goes back"),
  estimated_completion: time
    .nullable()
    .describe("null while it cannot be told: nothing comparable was computed before, or it waits"),
  error: z
    .object({ code: errorCode, message: z.string(), details: z.array(errorDetail).optional() })
    .optional(),
};

/** A comparison that is still to come: what `get` answers with `async: true`. */
export const taskState = z.object({ ...taskFields, status: z.enum(["PENDING", "PROCESSING", "FAILED"]) });
export type TaskState = z.infer<typeof taskState>;

export const pegComparisonGetInput = z.strictObject({
  id: analysisId,
  include_metadata: z
    .boolean()
    .default(true)
    .describe("false leaves out `metadata` of each PEG and `analysis_metadata`"),
  cache_ttl: z
    .number()
    .int()
    .min(0)
    .max(MAX_CACHE_TTL)
    .default(DEFAULT_CACHE_TTL)
    .describe(
      "seconds for which an answer found for this call is kept; 0 neither reads nor fills the caches",
    ),
  async: z
    .boolean()
    .default(false)
    .describe("answers at once, with the task where the comparison is still to come"),
});
export type PegComparisonGetInput = z.infer<typeof pegComparisonGetInput>;

/** `status` tells the two apart. */
export const pegComparisonGetOutput = z.discriminatedUnion("status", [completedComparison, taskState]);
export type PegComparisonGetOutput = z.infer<typeof pegComparisonGetOutput>;

export const pegComparisonSummaryInput = z.strictObject({ id: analysisId });

export const pegComparisonSummaryOutput = z.object({
  success: z.literal(true),
  data: z.object({
    analysis_id: analysisId,
    summary: comparisonSummary,
    analysis_metadata: analysisMetadata,
  }),
  ...computation,
});
export type PegComparisonSummaryOutput = z.infer<typeof pegComparisonSummaryOutput>;

export const pegComparisonStatusInput = z.strictObject({
  id: analysisId,
  task_id: namedTaskId.optional().describe("the newest task of the analysis where absent"),
});
export type PegComparisonStatusInput = z.infer<typeof pegComparisonStatusInput>;

/** A task in any state. Once it is `COMPLETED`, `get` answers with the comparison. */
export const pegComparisonStatusOutput = z.object({ ...taskFields, status: taskStatus });
export type PegComparisonStatusOutput = z.infer<typeof pegComparisonStatusOutput>;

export const pegComparisonWatchInput = pegComparisonStatusInput.extend({
  lastEventId: z.string().max(100).nullish().describe("the id of the last event that was received"),
});
export type PegComparisonWatchInput = z.infer<typeof pegComparisonWatchInput>;

export const pegComparisonRecomputeInput = z.strictObject({ id: analysisId });
export type PegComparisonRecomputeInput = z.infer<typeof pegComparisonRecomputeInput>;
