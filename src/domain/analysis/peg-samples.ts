import { and, asc, eq, sql } from "drizzle-orm";
import { PERIODS, type Period } from "../../contract/analysis.js";
import { analysisResults, analysisSamples } from "../../db/schema.js";
import type { Services } from "../context.js";
import type { SampleSeries } from "./raw-data.js";
import { joined } from "./stored-raw-data.js";

/** The samples of one PEG, without their cells. */
export interface PegSamples {
  dataVersion: number;
  /** Whether a definition names the PEG, which then may have no samples of its own. */
  defined: boolean;
  /** Both periods, or none where the PEG has no samples. */
  periods: (Pick<SampleSeries, "values" | "times"> & { period: Period })[];
}

/**
 * Reads the samples of one PEG and nothing of any other, in one query, so that they are of one moment.
 *
 * @returns undefined where the analysis is gone or of another revision by now
 */
export async function loadPegSamples(
  { db }: Services,
  { id, revision, pegName }: { id: string; revision: string; pegName: string },
): Promise<PegSamples | undefined> {
  const rows = await db
    .select({
      dataVersion: analysisResults.dataVersion,
      defined: sql<boolean>`${analysisResults.requestParams}->'peg_definitions'->${pegName}::text is not null`,
      period: analysisSamples.period,
      values: analysisSamples.sampleValues,
      times: analysisSamples.sampleTimes,
    })
    .from(analysisResults)
    .leftJoin(
      analysisSamples,
      and(
        eq(analysisSamples.analysisId, analysisResults.id),
        eq(analysisSamples.revision, analysisResults.revision),
        eq(analysisSamples.kpiName, pegName),
      ),
    )
    .where(and(eq(analysisResults.id, id), eq(analysisResults.revision, revision)))
    .orderBy(asc(analysisSamples.series), asc(analysisSamples.piece));
  const [first] = rows;
  if (!first) return undefined;
  const { dataVersion, defined } = first;
  const periods = PERIODS.map((period) => {
    const pieces = rows.filter((row) => row.period === period);
    const times = pieces.flatMap((piece) => (piece.times ? [piece.times] : []));
    return {
      period,
      values: new Float64Array(joined(pieces.flatMap(({ values }) => (values ? [values] : [])))),
      times: times.length ? new Float64Array(joined(times)) : undefined,
    };
  });
  return { dataVersion, defined, periods: first.values ? periods : [] };
}
