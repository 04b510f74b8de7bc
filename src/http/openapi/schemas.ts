import { z } from "zod";
import {
  analysisByIdOutput,
  analysisCreateOutput,
  pegDefinition,
  periodDefinition,
  periodInfo,
  statsRow,
} from "../../contract/analysis.js";
import { analysisListItem, analysisListOutput, comparisonState } from "../../contract/analysis-list.js";
import { analysisSeriesOutput, seriesPoint } from "../../contract/analysis-series.js";
import { auditEntry, auditListOutput } from "../../contract/audit.js";
import {
  analysisMetadata,
  comparisonSummary,
  completedComparison,
  pegComparisonResult,
  pegComparisonStatusOutput,
  pegComparisonSummaryOutput,
  periodStatistics,
  taskState,
} from "../../contract/comparison.js";
import { errorBody, errorDetail } from "../../contract/errors.js";
import { judgeInterval, judgeSentence, pegJudge, summaryJudge } from "../../contract/judge.js";
import { permissionEntry, permissionListOutput, permissionOwnOutput } from "../../contract/permission.js";

export type JsonSchema = Record<string, unknown>;

export const errorAnswer = z.object({ success: z.literal(false), error: errorBody });

/** The schemas that stand under a name of their own, of answers and of what is sent. */
const OUTPUTS = {
  Analysis: analysisCreateOutput,
  AnalysisDetails: analysisByIdOutput,
  AnalysisListItem: analysisListItem,
  AnalysisList: analysisListOutput,
  ComparisonState: comparisonState,
  AnalysisSeries: analysisSeriesOutput,
  SeriesPoint: seriesPoint,
  Periods: periodDefinition,
  PegDefinition: pegDefinition,
  Comparison: completedComparison,
  PegComparison: pegComparisonResult,
  PeriodStatistics: periodStatistics,
  Summary: comparisonSummary,
  AnalysisMetadata: analysisMetadata,
  PegJudge: pegJudge,
  SummaryJudge: summaryJudge,
  JudgeInterval: judgeInterval,
  JudgeSentence: judgeSentence,
  ComparisonSummary: pegComparisonSummaryOutput,
  PendingComparison: taskState,
  Task: pegComparisonStatusOutput,
  Permission: permissionEntry,
  PermissionList: permissionListOutput,
  OwnPermissions: permissionOwnOutput,
  AuditEntry: auditEntry,
  AuditList: auditListOutput,
  Error: errorAnswer,
  ErrorBody: errorBody,
  ErrorDetail: errorDetail,
};
const INPUTS = { StatsRow: statsRow, PegDefinitionInput: pegDefinition, PeriodsInput: periodInfo };

const uri = (id: string) => `#/components/schemas/${id}`;

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>["override"]>;

/** Times are text here, and a number is bounded where the contract bounds it. */
const override: Override = ({ zodSchema, jsonSchema }) => {
  const { type } = zodSchema._zod.def;
  // The registry of names hides it.
  const { description } = z.globalRegistry.get(zodSchema as unknown as z.ZodType) ?? {};
  if (description !== undefined && jsonSchema.$ref === undefined) jsonSchema.description ??= description;
  if (type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
  if (type === "union" && jsonSchema.anyOf?.some((one) => (one as JsonSchema).format === "date-time")) {
    delete jsonSchema.anyOf;
    Object.assign(jsonSchema, {
      type: "string",
      maxLength: 40,
      description: "ISO 8601; without a zone it is UTC",
      examples: ["2024-01-15T10:35:00Z"],
    });
  }
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

function named(schemas: Record<string, z.ZodType>, io: "input" | "output") {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const options = { io, unrepresentable: "any", override } as const;
  const made = z.toJSONSchema(registry, { ...options, uri }).schemas;
  /** Within a schema made alone, the registered ones come as definitions, which stand among the components. */
  const one = (schema: z.ZodType): JsonSchema => {
    const text = JSON.stringify(z.toJSONSchema(schema, { ...options, metadata: registry }));
    const { $schema, $defs, ...rest } = JSON.parse(text.replaceAll("#/$defs/", "#/components/schemas/"));
    return rest;
  };
  return { made, one };
}

const outputs = named(OUTPUTS, "output");
const inputs = named(INPUTS, "input");

/** The schema of an answer; one that has a name is referred to. */
export const outputSchema = (schema: z.ZodType): JsonSchema => outputs.one(schema);
/** The schema of what a caller sends. */
export const inputSchema = (schema: z.ZodType): JsonSchema => inputs.one(schema);

/** All that are referred to, by name. */
export function componentSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries({ ...outputs.made, ...inputs.made }).map(([name, { $schema, $id, ...schema }]) => [
      name,
      schema as JsonSchema,
    ]),
  );
}
