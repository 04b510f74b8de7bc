import { z } from "zod";
import { analysisCreateOutput, label, periodDefinition } from "./analysis.js";
import { comparisonSummary, taskStatus } from "./comparison.js";
import { cursor, pageOf } from "./page.js";
import { PERMISSION_TYPES } from "./permissions.js";
import { time, timeInput } from "./time.js";

const DEFAULT_PAGE = 20;

/** Newest first. `name` finds a part of the name, whatever its case; times are of creation, both ends inclusive. */
export const analysisListInput = z.strictObject({
  ...pageOf(DEFAULT_PAGE),
  name: label.optional().describe("a part of the name, whatever its case"),
  created_from: timeInput.optional(),
  created_to: timeInput.optional(),
});
export type AnalysisListInput = z.infer<typeof analysisListInput>;

/** How far the comparison of an analysis is: of its present data, by the present method. */
export const comparisonState = z.object({
  status: taskStatus.nullable().describe("null where nobody has asked for the comparison yet"),
  progress: z.number().min(0).max(100).describe("percent"),
  summary: comparisonSummary.optional().describe("once it is COMPLETED"),
});
export type ComparisonState = z.infer<typeof comparisonState>;

export const analysisListItem = analysisCreateOutput.extend({
  updated_at: time,
  period_info: periodDefinition,
  permission_type: z.enum(PERMISSION_TYPES).describe("the most that the caller may do with it"),
  comparison: comparisonState,
});
export type AnalysisListItem = z.infer<typeof analysisListItem>;

export const analysisListOutput = z.object({
  items: z.array(analysisListItem),
  next_cursor: cursor.nullable(),
});
export type AnalysisListOutput = z.infer<typeof analysisListOutput>;
