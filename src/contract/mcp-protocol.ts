import { z } from "zod";
import { analysisId, DIRECTIONS, judgeDefinition, period } from "./analysis.js";
import { analysisMetadata, comparisonSummary, pegComparisonResult } from "./comparison.js";
import { MAX_LABEL } from "./labels.js";
import { parseTime } from "./parse-time.js";
import { timeZone } from "./time.js";

/** Where the analysis service listens, below its base address. */
export const MCP_ANALYSIS_PATH = "/mcp/peg-comparison/analysis";
/** The asynchronous form, which not every service offers: starts a comparison with the same body. */
export const MCP_ASYNC_PATH = "/mcp/peg-comparison/analysis-async";
/** Followed by a slash and the id that the asynchronous form answered with. */
export const MCP_STATUS_PATH = "/mcp/peg-comparison/status";

export const DEFAULT_ALGORITHM_VERSION = "v3.0.0";
/** The same numbers, without the judge beside them. */
export const UNJUDGED_ALGORITHM_VERSION = "v2.1.0";
/** What the bundled service can compute. */
export const BUNDLED_ALGORITHM_VERSIONS: readonly string[] = [
  UNJUDGED_ALGORITHM_VERSION,
  DEFAULT_ALGORITHM_VERSION,
];

/** A definition as the service reads it; what it does not know it ignores. */
const definition = z.looseObject({
  weight: z.number().int().min(1).max(10).optional(),
  direction: z.enum(DIRECTIONS).optional(),
  formula: z.string().optional(),
  thresholds: z.record(z.string(), z.unknown()).optional(),
  ...judgeDefinition,
});

/** What the backend sends. Times are ISO 8601 text. */
export const mcpRequest = z.object({
  analysis_id: analysisId,
  raw_data: z.object({
    stats: z.array(
      z.object({
        kpi_name: z.string(),
        period,
        avg: z.number().nullable(),
        cell_id: z.string(),
        timestamp: z.string().optional(),
        /** Known to be wrong; the judge leaves it out. */
        suspect: z.boolean().optional(),
      }),
    ),
    peg_definitions: z.record(z.string(), definition).default({}),
    period_info: z.object({
      n1_start: z.string(),
      n1_end: z.string(),
      n_start: z.string(),
      n_end: z.string(),
    }),
  }),
  options: z
    .object({
      include_metadata: z.boolean().optional(),
      cache_ttl: z.number().optional(),
      algorithm_version: z.string().optional(),
      outliers: z.enum(["keep", "median"]).optional(),
      /** Of the cells, by its IANA name; UTC where absent. */
      time_zone: timeZone.optional(),
    })
    .default({}),
});
export type McpRequest = z.input<typeof mcpRequest>;

/** Time text of the service, zone or not, as an instant. */
const wireTime = z.string().transform((text, context): Date => {
  const instant = parseTime(text);
  if (instant) return instant;
  context.addIssue({ code: "custom", message: "must be an ISO 8601 time" });
  return z.NEVER;
});

const wirePeriod = z.object({ n1_start: wireTime, n1_end: wireTime, n_start: wireTime, n_end: wireTime });

/** A PEG as the service answers it: as in the contract, its times as text. Unknown fields are left out. */
export const wirePegResult = pegComparisonResult.extend({
  peg_name: pegComparisonResult.shape.peg_name.max(MAX_LABEL),
  metadata: pegComparisonResult.shape.metadata.unwrap().extend({ calculated_at: wireTime }).optional(),
});

const wireVersion = z.string().max(MAX_LABEL);

export const wireAnalysisMetadata = analysisMetadata.extend({
  calculated_at: wireTime,
  period_definition: wirePeriod,
});

/** A successful answer without its list of PEGs, which is checked PEG by PEG. */
export const mcpAnswerHead = z.object({
  success: z.literal(true),
  data: z.object({
    analysis_id: z.string().optional(),
    summary: comparisonSummary,
    analysis_metadata: wireAnalysisMetadata.extend({ algorithm_version: wireVersion }),
  }),
  processing_time: z.number().nonnegative().optional(),
  algorithm_version: wireVersion.optional(),
  mcp_version: wireVersion.optional(),
});

/** The service's own refusal. */
export const mcpFailure = z.object({
  success: z.literal(false),
  error: z.union([
    z.string(),
    z.looseObject({
      code: z.string().optional(),
      type: z.string().optional(),
      message: z.string(),
      details: z.unknown().optional(),
    }),
  ]),
});

/** What the asynchronous form answers at once. */
export const mcpTaskCreated = z.object({ task_id: z.string().min(1).max(255) });

/** How far such a comparison is. Once it is completed `result` is the whole answer; once it failed, a failure. */
export const mcpTaskStatus = z.object({
  status: z.enum(["PENDING", "PROCESSING", "COMPLETED", "FAILED"]),
  progress: z.number().min(0).max(100).optional(),
  result: z.unknown().optional(),
});
