import type { McpRequest } from "../../src/contract/mcp-protocol.js";
import type { Clock, McpAnswer } from "../../src/mcp-server/method/compare.js";

export type Row = McpRequest["raw_data"]["stats"][number];
type Definitions = NonNullable<McpRequest["raw_data"]["peg_definitions"]>;
type Options = NonNullable<McpRequest["options"]>;

export const NOW = "2024-01-15T10:35:00.000Z";

/** Always the same instant; each reading of `elapsed` is 250 ms after the last. */
export function fixedClock(): Clock {
  let elapsed = 0;
  return { now: () => Date.parse(NOW), elapsed: () => (elapsed += 250) };
}

/** Rows of one KPI, all in one cell. */
export function rows(
  kpi_name: string,
  n1: readonly (number | null)[],
  n: readonly (number | null)[],
  cell_id = "A",
): Row[] {
  return [
    ...n1.map((avg): Row => ({ kpi_name, period: "N-1", avg, cell_id })),
    ...n.map((avg): Row => ({ kpi_name, period: "N", avg, cell_id })),
  ];
}

export function request(stats: Row[], peg_definitions: Definitions = {}, options: Options = {}): McpRequest {
  const period_info = {
    n1_start: "2024-01-01T00:00:00Z",
    n1_end: "2024-01-07T23:59:59Z",
    n_start: "2024-01-08T00:00:00Z",
    n_end: "2024-01-14T23:59:59Z",
  };
  return { analysis_id: "analysis-1", raw_data: { stats, peg_definitions, period_info }, options };
}

/** The result of one PEG, which must be there. */
export function pegOf(answer: McpAnswer, name: string) {
  const peg = answer.data.peg_comparison_results.find((result) => result.peg_name === name);
  if (!peg) throw new Error(`no PEG ${name} in the answer`);
  return peg;
}

/** A good request, its rows all of RSRP, in which one place is something else; undefined removes it. */
export function requestWith(path: string, value: unknown): unknown {
  const body: unknown = JSON.parse(JSON.stringify(request(rows("RSRP", [-98, -98], [-88, -88]))));
  const steps = path.split(".");
  const last = steps.pop() as string;
  const place = steps.reduce((at, step) => (at as Record<string, unknown>)[step], body);
  (place as Record<string, unknown>)[last] = value;
  return body;
}
