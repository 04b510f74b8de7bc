import { randomUUID } from "node:crypto";
import type { PegDefinitions, PeriodInfo, StatsRow } from "../../contract/analysis.js";
import type { Services } from "../context.js";
import type { SampleSeries } from "./raw-data.js";
import { toSampleColumns } from "./sample-columns.js";
import { cellsPlace } from "./stored-raw-data.js";

export interface RawDataInput {
  stats: readonly StatsRow[];
  request_params: { peg_definitions: PegDefinitions; time_zone?: string | undefined };
  period_info: PeriodInfo;
}

/** Raw data in the form in which it is stored, under a revision of its own. */
export async function prepareRawData(services: Services, id: string, input: RawDataInput) {
  const { cells, series, pegs } = await toSampleColumns(input.stats);
  const { n1_start: n1Start, n1_end: n1End, n_start: nStart, n_end: nEnd } = input.period_info;
  const { peg_definitions, time_zone } = input.request_params;
  const columns = {
    revision: randomUUID(),
    requestParams: { peg_definitions, ...(time_zone !== undefined && { time_zone }) },
    n1Start,
    n1End,
    nStart,
    nEnd,
    rowCount: input.stats.length,
    pegCount: pegs,
    cellCount: cells.length,
    sealedCells: await services.sealer.seal(JSON.stringify(cells), cellsPlace(id)),
    keyId: services.sealer.keyId,
  };
  return { columns, series: series as readonly SampleSeries[] };
}
