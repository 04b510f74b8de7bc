import { z } from "zod";
import { DIRECTIONS, LABEL, MAX_LABEL, PERIODS } from "./labels.js";
import { MAX_DEFINITIONS, MAX_ROWS } from "./limits.js";
import { isStorable } from "./storable.js";
import { time, timeInput, timeZone } from "./time.js";
import { fill, inEnglish, type PlainText } from "./words.js";

export { DIRECTIONS, PERIODS } from "./labels.js";
export * from "./limits.js";

export const DEFAULT_WEIGHT = 5;

/** Whoever writes an address takes the segments `.` and `..` out of it. */
export const analysisId = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,255}$/,
    "must be 1 to 255 of the characters A-Z a-z 0-9 . _ : -, and not . or .. alone" satisfies PlainText,
  );

/** What names a KPI or a cell. */
export const label = z
  .string()
  .min(1)
  .max(MAX_LABEL)
  .regex(LABEL, "must not contain control characters" satisfies PlainText);
export const kpiName = label;
export const cellId = label;

export const period = z.enum(PERIODS);
export type Period = z.infer<typeof period>;

/** One sample: the value of a KPI in a cell. A null `avg` is a measurement that is missing. */
export const statsRow = z.strictObject({
  kpi_name: kpiName,
  period,
  avg: z.number({ error: "must be a finite number or null" satisfies PlainText }).nullable(),
  cell_id: cellId,
  timestamp: timeInput.optional(),
  suspect: z
    .boolean()
    .optional()
    .describe("known to be wrong: compared, but left out of the judge's verdict"),
});
export type StatsRow = z.infer<typeof statsRow>;

export const PEG_KINDS = ["gauge", "counter", "ratio", "rare_count"] as const;

/** What the judge is told of one KPI. */
export const judgeDefinition = {
  kind: z.enum(PEG_KINDS).optional().describe("where absent, what a common name tells; else a gauge"),
  numerator: kpiName.optional().describe("of a ratio: the KPI that is summed above"),
  denominator: kpiName.optional().describe("of a ratio: the KPI that is summed below"),
  exposure: kpiName.optional().describe("of a rare count: the KPI that counts what it happens on"),
  critical: z.boolean().optional().describe("its decline is the decline of the whole"),
  band_percent: z.number().positive().max(1000).optional().describe("changes within it do not matter"),
};

/** How one KPI is to be judged. Fields of later versions are kept as they are. */
export const pegDefinition = z.looseObject({
  weight: z.number().int().min(1).max(10).optional().describe("5 where absent"),
  thresholds: z.record(z.string(), z.unknown()).optional(),
  direction: z
    .enum(DIRECTIONS)
    .optional()
    .describe("where absent, the judge goes by a common name, and all else by higher_is_better"),
  formula: z.string().min(1).max(1000).optional(),
  unit: z.string().min(1).max(20).optional().describe("of its values, for people: `ms`, `%`"),
  ...judgeDefinition,
});
export type PegDefinition = z.infer<typeof pegDefinition>;
export type PegDefinitions = Record<string, PegDefinition>;

export const requestParams = z.looseObject({
  time_zone: timeZone.optional().describe("of the cells, by its IANA name; UTC where absent"),
  peg_definitions: z
    .record(kpiName, pegDefinition)
    .default({})
    .refine(
      (value) => Object.keys(value).length <= MAX_DEFINITIONS,
      inEnglish(fill("must define at most {max} PEGs", { max: MAX_DEFINITIONS })),
    )
    .refine(
      (value) => isStorable(JSON.stringify(value)),
      "must not contain control characters" satisfies PlainText,
    ),
});

const ordered = (value: { n1_start: Date; n1_end: Date; n_start: Date; n_end: Date }) =>
  value.n1_start <= value.n1_end && value.n_start <= value.n_end;

/** The two periods, both ends inclusive. */
export const periodInfo = z
  .strictObject({ n1_start: timeInput, n1_end: timeInput, n_start: timeInput, n_end: timeInput })
  .refine(ordered, "each period must start before it ends" satisfies PlainText);
export type PeriodInfo = z.infer<typeof periodInfo>;

/** The periods as an answer tells them. */
export const periodDefinition = z.object({ n1_start: time, n1_end: time, n_start: time, n_end: time });

/** Everything of a raw analysis but its rows, which are too many to be checked in one go. */
const rawDataHead = z.strictObject({ request_params: requestParams, period_info: periodInfo });

export const analysisCreateHead = rawDataHead.extend({
  id: analysisId.optional(),
  name: label.optional(),
});

const stats = z
  .array(statsRow)
  .min(1, "must hold at least one row" satisfies PlainText)
  .max(MAX_ROWS);
export const analysisCreateInput = analysisCreateHead.extend({ stats });
export type AnalysisCreateInput = z.infer<typeof analysisCreateInput>;

export const analysisCreateOutput = z.object({
  id: analysisId,
  name: z.string().nullable(),
  data_version: z.number().int(),
  rows: z.number().int(),
  pegs: z.number().int(),
  cells: z.number().int(),
  created_at: time,
});
export type AnalysisCreateOutput = z.infer<typeof analysisCreateOutput>;

export const analysisByIdInput = z.strictObject({ id: analysisId });

export const analysisByIdOutput = analysisCreateOutput.extend({
  updated_at: time,
  period_info: periodDefinition,
  request_params: z.object({
    peg_definitions: z.record(z.string(), pegDefinition),
    time_zone: z.string().optional(),
  }),
});
export type AnalysisByIdOutput = z.infer<typeof analysisByIdOutput>;

export const analysisReplaceHead = rawDataHead.extend({
  id: analysisId,
  data_version: z.number().int().positive().describe("the version that is replaced"),
});
export const analysisReplaceInput = analysisReplaceHead.extend({ stats });
export type AnalysisReplaceInput = z.infer<typeof analysisReplaceInput>;

export const analysisDeleteInput = z.strictObject({ id: analysisId });
export const analysisDeleteOutput = z.object({ id: analysisId, deleted: z.literal(true) });
export type AnalysisDeleteOutput = z.infer<typeof analysisDeleteOutput>;
