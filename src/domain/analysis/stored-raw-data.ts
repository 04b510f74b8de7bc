import { and, eq } from "drizzle-orm";
import { insertBatches } from "../../db/insert-rows.js";
import type { Database } from "../../db/open.js";
import { analysisResults, analysisSamples } from "../../db/schema.js";
import type { Services } from "../context.js";
import type { RawData, SampleSeries } from "./raw-data.js";
import { SamplesMissing, selectSeries } from "./select-series.js";

/** Small enough that encoding one takes about a millisecond of the event loop. */
const SAMPLES_PER_PIECE = 16_384;
const PIECES_PER_INSERT = 200;

export function cellsPlace(analysisId: string) {
  return { table: "analysis_results", record: analysisId, field: "sealed_cells" };
}

// Machines that are not little-endian do not run Node any more.
function toBytes(numbers: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

type SampleRow = typeof analysisSamples.$inferInsert;

/** The pieces of all series, as many at a time as one statement takes. */
function* pieceBatches(
  analysisId: string,
  revision: string,
  series: readonly SampleSeries[],
): Generator<SampleRow[]> {
  let batch: SampleRow[] = [];
  let batched = 0;
  for (const [place, { kpiName, period, values, cells, times }] of series.entries()) {
    for (let start = 0, piece = 0; start < values.length; start += SAMPLES_PER_PIECE, piece++) {
      const end = Math.min(start + SAMPLES_PER_PIECE, values.length);
      batch.push({
        analysisId,
        revision,
        series: place,
        piece,
        kpiName,
        period,
        sampleCount: end - start,
        sampleValues: toBytes(values.subarray(start, end)),
        sampleCells: toBytes(cells.subarray(start, end)),
        sampleTimes: times ? toBytes(times.subarray(start, end)) : null,
      });
      batched += end - start;
      if (batched < SAMPLES_PER_PIECE && batch.length < PIECES_PER_INSERT) continue;
      yield batch;
      batch = [];
      batched = 0;
    }
  }
  if (batch.length) yield batch;
}

/** Writes the samples of one revision, many pieces at a time. */
export function insertSamples(
  db: Database,
  analysisId: string,
  revision: string,
  series: readonly SampleSeries[],
): Promise<void> {
  return insertBatches(db, analysisSamples, pieceBatches(analysisId, revision, series));
}

/**
 * @returns the raw data, opened; undefined where the analysis is gone or of another revision by now
 * @throws SamplesMissing where it is there, and not whole
 */
export async function loadRawData(
  services: Services,
  analysisId: string,
  revision: string,
): Promise<RawData | undefined> {
  const { db } = services;
  const find = async () => {
    const ofRevision = and(eq(analysisResults.id, analysisId), eq(analysisResults.revision, revision));
    const [found] = await db.select().from(analysisResults).where(ofRevision);
    return found;
  };
  const analysis = await find();
  if (!analysis) return undefined;
  const { rowCount } = analysis;
  const series = await selectSeries(db, { analysisId, revision, rowCount }).catch(async (error: unknown) => {
    // Samples go with their revision, which may be while they are read.
    if (error instanceof SamplesMissing && !(await find())) return undefined;
    throw error;
  });
  if (!series) return undefined;
  const cells = JSON.parse(
    await services.sealer.open(analysis.sealedCells, cellsPlace(analysisId)),
  ) as string[];
  const { n1Start, n1End, nStart, nEnd } = analysis;
  return {
    cells,
    series,
    pegDefinitions: analysis.requestParams.peg_definitions,
    timeZone: analysis.requestParams.time_zone,
    periodInfo: { n1_start: n1Start, n1_end: n1End, n_start: nStart, n_end: nEnd },
  };
}
