import { z } from "zod";
import { MAX_ROWS } from "../contract/analysis.js";
import type { ErrorDetail } from "../contract/errors.js";
import { BUNDLED_ALGORITHM_VERSIONS, type McpRequest, mcpRequest } from "../contract/mcp-protocol.js";
import { parseTime } from "../contract/parse-time.js";
import { MAX_DETAILS } from "./method/data-error.js";
import { malformed } from "./refusal.js";

const rawData = mcpRequest.shape.raw_data;
const definition = rawData.shape.peg_definitions.unwrap().valueType;

/** What is there once: rows and definitions are checked one by one below. */
const head = mcpRequest.extend({
  raw_data: z.object({
    stats: z
      .custom<unknown[]>(Array.isArray, "must be a list of rows")
      .refine((rows) => rows.length <= MAX_ROWS, `must hold at most ${MAX_ROWS} rows`),
    peg_definitions: z.custom<object>((value) => isRecord(value), "must be an object").optional(),
    period_info: rawData.shape.period_info,
  }),
});

/**
 * Checks a body against the protocol and returns it as it is: half a million rows are neither copied nor walked by
 * a schema library, which takes longer than comparing them.
 *
 * @throws Refusal naming each field at fault, at most 20
 */
export function readRequest(body: unknown): McpRequest {
  const parsed = head.safeParse(body);
  if (!parsed.success) throw invalid(issuesOf(parsed.error, []));
  const request = body as McpRequest;
  const faults = [
    ...timeFaults(request.raw_data.period_info),
    ...versionFaults(request.options?.algorithm_version),
    ...definitionFaults(request.raw_data.peg_definitions ?? {}),
    ...rowFaults(request.raw_data.stats),
  ];
  if (faults.length > 0) throw invalid(faults);
  return request;
}

function invalid(faults: readonly ErrorDetail[]) {
  return malformed("the request does not fit the protocol", faults.slice(0, MAX_DETAILS));
}

function issuesOf(error: z.ZodError, prefix: readonly PropertyKey[]): ErrorDetail[] {
  return error.issues.map(({ path, message }) => ({
    path: [...prefix, ...path].map(String).join("."),
    message,
  }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function timeFaults(periods: McpRequest["raw_data"]["period_info"]): ErrorDetail[] {
  return (["n1_start", "n1_end", "n_start", "n_end"] as const)
    .filter((name) => !parseTime(periods[name]))
    .map((name) => ({ path: `raw_data.period_info.${name}`, message: "must be an ISO 8601 time" }));
}

function versionFaults(version: string | undefined): ErrorDetail[] {
  if (version === undefined || BUNDLED_ALGORITHM_VERSIONS.includes(version)) return [];
  return [
    { path: "options.algorithm_version", message: `must be one of ${BUNDLED_ALGORITHM_VERSIONS.join(", ")}` },
  ];
}

/** Not by z.record, which leaves out a PEG called `__proto__`. */
function definitionFaults(definitions: object): ErrorDetail[] {
  const faults: ErrorDetail[] = [];
  for (const [name, value] of Object.entries(definitions)) {
    const parsed = definition.safeParse(value);
    if (!parsed.success) faults.push(...issuesOf(parsed.error, ["raw_data", "peg_definitions", name]));
    if (faults.length >= MAX_DETAILS) break;
  }
  return faults;
}

function rowFaults(rows: readonly unknown[]): ErrorDetail[] {
  const faults: ErrorDetail[] = [];
  for (let index = 0; index < rows.length && faults.length < MAX_DETAILS; index++) {
    const row = rows[index];
    const fault = isRecord(row) ? fieldFault(row) : (["", "must be an object"] as const);
    if (fault) faults.push({ path: `raw_data.stats.${index}${fault[0]}`, message: fault[1] });
  }
  return faults;
}

/** The first field of a row that is not as the protocol has it, and what it must be. Finiteness is for the method. */
function fieldFault(row: Record<string, unknown>): readonly [string, string] | undefined {
  if (typeof row.kpi_name !== "string") return [".kpi_name", "must be text"];
  if (row.period !== "N-1" && row.period !== "N") return [".period", 'must be "N-1" or "N"'];
  if (row.avg !== null && typeof row.avg !== "number") return [".avg", "must be a number or null"];
  if (typeof row.cell_id !== "string") return [".cell_id", "must be text"];
  if (row.timestamp !== undefined && typeof row.timestamp !== "string") return [".timestamp", "must be text"];
  if (row.suspect !== undefined && typeof row.suspect !== "boolean") return [".suspect", "must be a boolean"];
  return undefined;
}
