import { z } from "zod";
import { analysisId, kpiName, period } from "./analysis.js";
import { MAX_SERIES_POINTS } from "./limits.js";
import { time } from "./time.js";

const DEFAULT_POINTS = 500;

/** The samples of one PEG in their course, summed up to at most so many points in each period. */
export const analysisSeriesInput = z.strictObject({
  id: analysisId,
  peg_name: kpiName,
  points: z
    .number()
    .int()
    .min(2)
    .max(MAX_SERIES_POINTS)
    .default(DEFAULT_POINTS)
    .describe("at most, in each period"),
});
export type AnalysisSeriesInput = z.infer<typeof analysisSeriesInput>;

const finite = z.number();

/** The samples of one instant, or of a stretch of time or of samples where there are too many to be told. */
export const seriesPoint = z.object({
  at: time.nullable().describe("the first instant of the stretch; null where samples have no timestamp"),
  mean: finite,
  min: finite,
  max: finite,
  count: z.number().int().positive(),
});
export type SeriesPoint = z.infer<typeof seriesPoint>;

export const analysisSeriesOutput = z.object({
  id: analysisId,
  peg_name: z.string(),
  data_version: z.number().int(),
  timed: z
    .boolean()
    .describe("whether every sample has a timestamp; else points stand in the order of samples"),
  periods: z.array(
    z.object({
      period,
      samples: z.number().int().nonnegative(),
      thinned: z
        .boolean()
        .describe("whether points are stretches, since there are more instants, or samples, than points"),
      points: z.array(seriesPoint).describe("empty where the PEG is derived from others, or has no samples"),
    }),
  ),
});
export type AnalysisSeriesOutput = z.infer<typeof analysisSeriesOutput>;
