import type { z } from "zod";
import {
  analysisByIdInput,
  analysisByIdOutput,
  analysisCreateInput,
  analysisCreateOutput,
  analysisDeleteInput,
  analysisDeleteOutput,
  analysisReplaceInput,
} from "../../contract/analysis.js";
import { analysisListInput, analysisListOutput } from "../../contract/analysis-list.js";
import { analysisSeriesInput, analysisSeriesOutput } from "../../contract/analysis-series.js";
import { auditListInput, auditListOutput } from "../../contract/audit.js";
import {
  pegComparisonGetInput,
  pegComparisonGetOutput,
  pegComparisonRecomputeInput,
  pegComparisonStatusInput,
  pegComparisonStatusOutput,
  pegComparisonSummaryInput,
  pegComparisonSummaryOutput,
} from "../../contract/comparison.js";
import type { ErrorCode } from "../../contract/errors.js";
import {
  permissionEntry,
  permissionGrantInput,
  permissionListInput,
  permissionListOutput,
  permissionOwnInput,
  permissionOwnOutput,
  permissionRevokeInput,
  permissionRevokeOutput,
} from "../../contract/permission.js";

export const ANALYSES = "/api/analysis/results";
const ANALYSIS = `${ANALYSES}/{id}`;
const COMPARISON = `${ANALYSIS}/peg-comparison`;
const PERMISSIONS = `${ANALYSIS}/permissions`;

type Fields = z.ZodObject<z.ZodRawShape>;

/** A procedure as it is reached by plain HTTP. */
export interface RestRoute {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Its parameters, in braces, are fields of the input. */
  path: string;
  procedure: string;
  input: Fields;
  output: z.ZodType;
  /** Where the fields of the input stand that are not in the path. */
  rest: "query" | "body";
  /** Of an answer that is there; one that is still to come is a 202. */
  status?: 201;
  /** The answer is a task where the comparison is still to come. */
  mayTake?: boolean;
  /** Takes the body of a whole analysis. */
  withRawData?: boolean;
  /** Also as a table of CSV. */
  asCsv?: boolean;
  /** Server-sent events, one an output. */
  streamed?: boolean;
  summary: string;
  /** Codes besides those that every route of its kind has. */
  errors: readonly ErrorCode[];
}

const COMPUTING = ["MCP_PROCESSING_ERROR", "MCP_CONNECTION_FAILED", "MCP_TIMEOUT"] as const;

export const REST_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: COMPARISON,
    procedure: "pegComparison.get",
    input: pegComparisonGetInput,
    output: pegComparisonGetOutput,
    rest: "query",
    mayTake: true,
    asCsv: true,
    summary: "The comparison of an analysis",
    errors: ["CONFLICT", "DATA_VALIDATION_ERROR", ...COMPUTING],
  },
  {
    method: "GET",
    path: `${COMPARISON}/summary`,
    procedure: "pegComparison.summary",
    input: pegComparisonSummaryInput,
    output: pegComparisonSummaryOutput,
    rest: "query",
    summary: "Its summary and metadata only",
    errors: ["CONFLICT", "DATA_VALIDATION_ERROR", ...COMPUTING],
  },
  {
    method: "GET",
    path: `${COMPARISON}/status`,
    procedure: "pegComparison.status",
    input: pegComparisonStatusInput,
    output: pegComparisonStatusOutput,
    rest: "query",
    summary: "How far a task is: the newest of the analysis, or the one that is named",
    errors: ["TASK_NOT_FOUND"],
  },
  {
    method: "GET",
    path: `${COMPARISON}/events`,
    procedure: "pegComparison.watch",
    input: pegComparisonStatusInput,
    output: pegComparisonStatusOutput,
    rest: "query",
    streamed: true,
    summary: "The same as server-sent events: the present state first, each change, the final state last",
    errors: ["TASK_NOT_FOUND", "CONFLICT"],
  },
  {
    method: "POST",
    path: `${COMPARISON}/recompute`,
    procedure: "pegComparison.recompute",
    input: pegComparisonRecomputeInput,
    output: pegComparisonStatusOutput,
    rest: "body",
    mayTake: true,
    summary:
      "Drops what is stored and cached, and starts a task that computes it anew; where one runs already, joins it and drops nothing",
    errors: [],
  },
  {
    method: "POST",
    path: ANALYSES,
    procedure: "analysis.create",
    input: analysisCreateInput,
    output: analysisCreateOutput,
    rest: "body",
    status: 201,
    withRawData: true,
    summary: "Stores raw data; the caller becomes its admin",
    errors: ["CONFLICT"],
  },
  {
    method: "GET",
    path: ANALYSES,
    procedure: "analysis.list",
    input: analysisListInput,
    output: analysisListOutput,
    rest: "query",
    summary: "What the caller may read, newest first, in pages",
    errors: [],
  },
  {
    method: "GET",
    path: ANALYSIS,
    procedure: "analysis.byId",
    input: analysisByIdInput,
    output: analysisByIdOutput,
    rest: "query",
    summary: "Definitions, periods and counts of an analysis; no raw rows",
    errors: ["CONFLICT"],
  },
  {
    method: "GET",
    path: `${ANALYSIS}/series`,
    procedure: "analysis.series",
    input: analysisSeriesInput,
    output: analysisSeriesOutput,
    rest: "query",
    summary: "The samples of one PEG in their course, summed up to so many points in each period",
    errors: ["CONFLICT"],
  },
  {
    method: "PUT",
    path: `${ANALYSIS}/data`,
    procedure: "analysis.replaceData",
    input: analysisReplaceInput,
    output: analysisCreateOutput,
    rest: "body",
    withRawData: true,
    summary: "New raw data in place of the version that the caller saw; the old comparison goes",
    errors: ["CONFLICT"],
  },
  {
    method: "DELETE",
    path: ANALYSIS,
    procedure: "analysis.delete",
    input: analysisDeleteInput,
    output: analysisDeleteOutput,
    rest: "query",
    summary: "Removes an analysis, and all of it but its audit log",
    errors: [],
  },
  {
    method: "GET",
    path: PERMISSIONS,
    procedure: "permission.list",
    input: permissionListInput,
    output: permissionListOutput,
    rest: "query",
    summary: "Who may do what, until when",
    errors: [],
  },
  {
    method: "GET",
    path: `${ANALYSIS}/permission`,
    procedure: "permission.own",
    input: permissionOwnInput,
    output: permissionOwnOutput,
    rest: "query",
    summary: "What the caller may do, until when",
    errors: [],
  },
  {
    method: "PUT",
    path: `${PERMISSIONS}/{user_id}`,
    procedure: "permission.grant",
    input: permissionGrantInput,
    output: permissionEntry,
    rest: "body",
    summary: "Gives a user a permission",
    errors: ["CONFLICT"],
  },
  {
    method: "DELETE",
    path: `${PERMISSIONS}/{user_id}`,
    procedure: "permission.revoke",
    input: permissionRevokeInput,
    output: permissionRevokeOutput,
    rest: "query",
    summary: "Takes a permission away; no process answers from what it knew before",
    errors: ["CONFLICT"],
  },
  {
    method: "GET",
    path: `${ANALYSIS}/audit`,
    procedure: "audit.list",
    input: auditListInput,
    output: auditListOutput,
    rest: "query",
    summary: "Who did what to an analysis, also to one that is gone; for operators",
    errors: [],
  },
];
