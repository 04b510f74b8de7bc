import { and, asc, eq, sql } from "drizzle-orm";
import { PERIODS, type Period } from "../../contract/analysis.js";
import type { Database } from "../../db/open.js";
import { analysisResults, analysisSamples } from "../../db/schema.js";
import { breathe } from "../breathe.js";
import type { Services } from "../context.js";
import type { SampleSeries } from "./raw-data.js";

/** The samples of one PEG, without their cells. */
export interface PegSamples {
  dataVersion: number;
  /** Whether a definition names the PEG, which then may have no samples of its own. */
  defined: boolean;
  /** Both periods, or none where the PEG has no samples. */
  periods: (Pick<SampleSeries, "values" | "times"> & { period: Period })[];
}

/** What samples are of: a PEG in one state of an analysis. */
interface PegOfAnalysis {
  id: string;
  revision: string;
  pegName: string;
}

/** What is known of the PEG, and where its pieces are. */
async function findPieces(db: Database, { id, revision, pegName }: PegOfAnalysis) {
  return db
    .select({
      dataVersion: analysisResults.dataVersion,
      defined: sql<boolean>`${analysisResults.requestParams}->'peg_definitions'->${pegName}::text is not null`,
      period: analysisSamples.period,
      series: analysisSamples.series,
      piece: analysisSamples.piece,
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
}

/** One block of memory of its own, which typed arrays need to be aligned. */
function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole.buffer;
}

/**
 * Reads the samples of one PEG and nothing of any other, piece by piece, so that none holds the event loop for
 * long. A piece is of one revision only: what is found is of one state of the data.
 *
 * @returns undefined where the analysis is gone or of another revision by now
 */
export async function loadPegSamples({ db }: Services, peg: PegOfAnalysis): Promise<PegSamples | undefined> {
  const places = await findPieces(db, peg);
  const [first] = places;
  if (!first) return undefined;
  const { dataVersion, defined } = first;
  const found: { period: string | null; values: Uint8Array; times: Uint8Array | null }[] = [];
  for (const { period, series, piece } of places) {
    if (series === null || piece === null) continue;
    // An embedded database answers without giving anybody else a turn.
    await breathe();
    const [bytes] = await db
      .select({ values: analysisSamples.sampleValues, times: analysisSamples.sampleTimes })
      .from(analysisSamples)
      .where(
        and(
          eq(analysisSamples.analysisId, peg.id),
          eq(analysisSamples.revision, peg.revision),
          eq(analysisSamples.series, series),
          eq(analysisSamples.piece, piece),
        ),
      );
    if (!bytes) return undefined;
    found.push({ period, ...bytes });
  }
  const periods = PERIODS.map((period) => {
    const pieces = found.filter((piece) => piece.period === period);
    const times = pieces.flatMap((piece) => (piece.times ? [piece.times] : []));
    return {
      period,
      values: new Float64Array(joined(pieces.map(({ values }) => values))),
      times: times.length ? new Float64Array(joined(times)) : undefined,
    };
  });
  return { dataVersion, defined, periods: found.length ? periods : [] };
}
