import type { McpRequest } from "../../../../src/contract/mcp-protocol.js";
import { compare } from "../../../../src/mcp-server/method/compare.js";
import type { Span } from "../../../../src/mcp-server/method/judge/calendar.js";
import { fixedClock, pegOf, type Row } from "../../analysis-request.js";

export const HOUR = 3_600_000;
/** A Monday. */
export const START = Date.parse("2024-01-01T00:00:00Z");

export type Definitions = NonNullable<McpRequest["raw_data"]["peg_definitions"]>;

/** A request over two periods of so many days, one after the other, for the version that judges. */
export function judgingRequest(
  stats: Row[],
  { definitions = {}, days = 7, start = START, zone = "" }: Partial<JudgingOptions> = {},
): McpRequest {
  const at = (day: number, ms = 0) => new Date(start + day * 24 * HOUR + ms).toISOString();
  return {
    analysis_id: "analysis-1",
    raw_data: {
      stats,
      peg_definitions: definitions,
      period_info: {
        n1_start: at(0),
        n1_end: at(days, -1000),
        n_start: at(days),
        n_end: at(2 * days, -1000),
      },
    },
    options: { algorithm_version: "v3.0.0", ...(zone && { time_zone: zone }) },
  };
}

interface JudgingOptions {
  definitions: Definitions;
  days: number;
  start: number;
  zone: string;
}

/** The judge's block of one PEG, which must be there. */
export function judgeOf(body: McpRequest, name = "K") {
  const { judge } = pegOf(compare(body, fixedClock()), name);
  if (!judge) throw new Error("not judged");
  return judge;
}

/** A request whose periods are given by their instants. */
export function between(stats: Row[], n1: Span, n: Span, definitions: Definitions = {}, zone = "") {
  const body = judgingRequest(stats, { definitions, zone });
  const text = (instant: number) => new Date(instant).toISOString();
  body.raw_data.period_info = {
    n1_start: text(n1.start),
    n1_end: text(n1.end),
    n_start: text(n.start),
    n_end: text(n.end),
  };
  return body;
}

/** How many samples were left out, by the reason. */
export const droppedBy = ({ dropped }: ReturnType<typeof judgeOf>) =>
  Object.fromEntries(dropped.map(({ reason, count }) => [reason, count]));

/** Hourly rows of one KPI in one cell; undefined leaves an hour out. */
export function hourly(
  kpi_name: string,
  hours: number,
  valueAt: (hour: number, period: "N-1" | "N") => number | null | undefined,
  cell_id = "A",
): Row[] {
  return (["N-1", "N"] as const).flatMap((period, half) =>
    evenly(period, START + half * hours * HOUR, HOUR, hours, (hour) => valueAt(hour, period), {
      kpi_name,
      cell_id,
    }),
  );
}

/** So many rows of one period, one every `step`; undefined leaves one out. */
export function evenly(
  period: "N-1" | "N",
  start: number,
  step: number,
  count: number,
  valueAt: (i: number) => number | null | undefined,
  { kpi_name = "K", cell_id = "A" }: Partial<Row> = {},
): Row[] {
  return Array.from({ length: count }, (_, i): Row[] => {
    const avg = valueAt(i);
    const timestamp = new Date(start + i * step).toISOString();
    return avg === undefined ? [] : [{ kpi_name, period, avg, cell_id, timestamp }];
  }).flat();
}
