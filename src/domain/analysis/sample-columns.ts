import type { StatsRow } from "../../contract/analysis.js";
import { breathe } from "../breathe.js";
import { type SampleSeries, SUSPECT } from "./raw-data.js";

/** Rows between two breaths: about ten milliseconds. */
const ROWS_PER_SLICE = 20_000;

interface GrowingSeries {
  kpiName: string;
  period: StatsRow["period"];
  values: number[];
  cells: number[];
  times: number[];
  timed: boolean;
}

/** Sorts rows into one series for each KPI and period, keeping their order. */
export async function toSampleColumns(
  rows: readonly StatsRow[],
): Promise<{ cells: string[]; series: SampleSeries[]; pegs: number }> {
  const cellPlaces = new Map<string, number>();
  const growing = new Map<string, GrowingSeries>();
  const kpiNames = new Set<string>();
  for (let start = 0; start < rows.length; start += ROWS_PER_SLICE) {
    if (start > 0) await breathe();
    for (const row of rows.slice(start, start + ROWS_PER_SLICE)) {
      kpiNames.add(row.kpi_name);
      const series = seriesOf(growing, row);
      const place = cellPlaces.get(row.cell_id) ?? cellPlaces.size;
      cellPlaces.set(row.cell_id, place);
      series.values.push(row.avg ?? Number.NaN);
      series.cells.push(row.suspect ? place + SUSPECT : place);
      series.times.push(row.timestamp?.getTime() ?? Number.NaN);
      series.timed ||= row.timestamp !== undefined;
    }
  }
  const series = [...growing.values()].map(
    ({ kpiName, period, values, cells, times, timed }): SampleSeries => ({
      kpiName,
      period,
      values: Float64Array.from(values),
      cells: Uint32Array.from(cells),
      times: timed ? Float64Array.from(times) : undefined,
    }),
  );
  return { cells: [...cellPlaces.keys()], series, pegs: kpiNames.size };
}

function seriesOf(
  growing: Map<string, GrowingSeries>,
  { kpi_name: kpiName, period }: StatsRow,
): GrowingSeries {
  const key = `${period}/${kpiName}`;
  const known = growing.get(key);
  if (known) return known;
  const series = { kpiName, period, values: [], cells: [], times: [], timed: false };
  growing.set(key, series);
  return series;
}
