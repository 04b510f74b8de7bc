import type { McpRequest } from "../../../../src/contract/mcp-protocol.js";
import type { Row } from "../../analysis-request.js";

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

/** Hourly rows of one KPI in one cell; undefined leaves an hour out. */
export function hourly(
  kpi_name: string,
  hours: number,
  valueAt: (hour: number, period: "N-1" | "N") => number | undefined,
  cell_id = "A",
): Row[] {
  return (["N-1", "N"] as const).flatMap((period, half) =>
    Array.from({ length: hours }, (_, hour) => {
      const avg = valueAt(hour, period);
      const timestamp = new Date(START + (half * hours + hour) * HOUR).toISOString();
      return avg === undefined ? [] : [{ kpi_name, period, avg, cell_id, timestamp }];
    }).flat(),
  );
}
