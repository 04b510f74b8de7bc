import type { ErrorDetail } from "../../contract/errors.js";
import type { McpRequest } from "../../contract/mcp-protocol.js";
import { DataError, MAX_DETAILS } from "./data-error.js";

export type Row = McpRequest["raw_data"]["stats"][number];

/** Where the rows of one KPI stand in `stats`, in input order. */
export interface KpiRows {
  n1: number[];
  n: number[];
}

/**
 * Sorts rows by KPI and period. A Map, so that a KPI may be called `__proto__` or `constructor`.
 *
 * @param visit sees each row in turn: later on, KPI by KPI, rows lie far apart in memory
 * @throws DataError where an `avg` is neither finite nor null
 */
export function groupRows(
  stats: readonly Row[],
  visit?: (row: Row, index: number) => void,
): Map<string, KpiRows> {
  const groups = new Map<string, KpiRows>();
  const faults: ErrorDetail[] = [];
  for (let index = 0; index < stats.length; index++) {
    const row = stats[index] as Row;
    if (row.avg !== null && !Number.isFinite(row.avg)) {
      faults.push({ path: `raw_data.stats.${index}.avg`, message: "must be a finite number or null" });
      if (faults.length === MAX_DETAILS) break;
    }
    let group = groups.get(row.kpi_name);
    if (!group) {
      group = { n1: [], n: [] };
      groups.set(row.kpi_name, group);
    }
    (row.period === "N-1" ? group.n1 : group.n).push(index);
    visit?.(row, index);
  }
  if (faults.length > 0) throw new DataError("the raw data holds numbers that are not finite", faults);
  return groups;
}
