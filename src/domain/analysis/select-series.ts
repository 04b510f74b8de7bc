import { and, eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Period } from "../../contract/analysis.js";
import type { Database } from "../../db/open.js";
import { analysisSamples } from "../../db/schema.js";
import { breathe } from "../breathe.js";
import type { PackedSeries } from "./raw-data.js";

/** Of pieces that are read at once, unless one alone has more: about a millisecond of the event loop. */
const SAMPLES_PER_PAGE = 16_384;
/** Of which the places and sizes are read at once. */
const HEADS_PER_PAGE = 5_000;

/** What is known of a piece before its samples are read. */
interface PieceHead {
  series: number;
  piece: number;
  count: number;
  timed: boolean;
  kpiName: string;
  period: Period;
}

/** A revision of an analysis: its pieces are written together, and never changed. */
interface Revision {
  analysisId: string;
  revision: string;
  /** How many samples it has. */
  rowCount: number;
}

/** Stored samples are not those that were written: they went meanwhile, or are damaged. */
export class SamplesMissing extends Error {
  override readonly name = "SamplesMissing";

  constructor(what: string, { analysisId }: Revision) {
    super(`stored samples of the analysis ${analysisId} are not as many as they should be: ${what}`);
  }
}

function piecesOf({ analysisId, revision }: Revision, ...more: SQL[]) {
  const { analysisId: analysis, revision: ofRevision } = analysisSamples;
  return and(eq(analysis, analysisId), eq(ofRevision, revision), ...more);
}

/** The pieces of all series, in order: lists, which take the driver a fraction of the time of a row for each. */
async function selectHeads(db: Database, revision: Revision): Promise<PieceHead[]> {
  const heads: PieceHead[] = [];
  for (;;) {
    const page = await selectHeadsAfter(db, revision, heads.at(-1));
    heads.push(...page);
    if (page.length < HEADS_PER_PAGE) return heads;
    await breathe();
  }
}

async function selectHeadsAfter(
  db: Database,
  revision: Revision,
  last: PieceHead | undefined,
): Promise<PieceHead[]> {
  const { series, piece, sampleCount, sampleTimes, kpiName, period } = analysisSamples;
  const after = last ? [sql`(${series}, ${piece}) > (${last.series}, ${last.piece})`] : [];
  const head = sql`json_build_array(${series}, ${piece}, ${sampleCount}, ${sampleTimes} is not null, ${kpiName}, ${period})`;
  const heads = db
    .select({ head: head.as("head") })
    .from(analysisSamples)
    .where(piecesOf(revision, ...after))
    .orderBy(series, piece)
    .limit(HEADS_PER_PAGE)
    .as("heads");
  const [row] = await db.select({ list: sql<string | null>`json_agg(${heads.head})::text` }).from(heads);
  const list: [number, number, number, boolean, string, Period][] = JSON.parse(row?.list ?? "[]");
  return list.map(([series, piece, count, timed, kpiName, period]) => ({
    series,
    piece,
    count,
    timed,
    kpiName,
    period,
  }));
}

function countOf(heads: readonly PieceHead[]): number {
  return heads.reduce((sum, { count }) => sum + count, 0);
}

/** The pieces, as many at a time as are read at once. */
function pagesOf(heads: readonly PieceHead[]): PieceHead[][] {
  const pages: PieceHead[][] = [];
  let room = 0;
  for (const head of heads) {
    if (head.count > room) {
      pages.push([]);
      room = SAMPLES_PER_PAGE;
    }
    pages.at(-1)?.push(head);
    room -= head.count;
  }
  return pages;
}

/** The columns of some pieces that follow each other, joined by PostgreSQL, and whether each is as long as it says. */
async function selectPage(db: Database, revision: Revision, page: readonly PieceHead[]) {
  const { series, piece, sampleCount, sampleValues, sampleCells, sampleTimes } = analysisSamples;
  const [first, last] = [page[0] as PieceHead, page.at(-1) as PieceHead];
  const inOrder = (column: PgColumn) =>
    sql<Uint8Array | null>`string_agg(${column}, ''::bytea order by ${series}, ${piece})`;
  const isWhole = sql`octet_length(${sampleValues}) = 8 * ${sampleCount} and octet_length(${sampleCells}) = 4 * ${sampleCount}
    and coalesce(octet_length(${sampleTimes}) = 8 * ${sampleCount}, true)`;
  const [read] = await db
    .select({
      whole: sql<boolean | null>`bool_and(${isWhole})`,
      values: inOrder(sampleValues),
      cells: inOrder(sampleCells),
      times: inOrder(sampleTimes),
    })
    .from(analysisSamples)
    .where(
      piecesOf(
        revision,
        sql`(${series}, ${piece}) >= (${first.series}, ${first.piece})`,
        sql`(${series}, ${piece}) <= (${last.series}, ${last.piece})`,
      ),
    );
  const isAll = read?.whole && read.values?.byteLength === 8 * countOf(page);
  if (!isAll) throw new SamplesMissing(`those of ${first.kpiName} and what follows it`, revision);
  return read;
}

/** A column that is filled from its beginning on. */
function filler({ buffer }: Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) {
  const all = new Uint8Array(buffer);
  let at = 0;
  return (bytes: Uint8Array | null) => {
    if (!bytes) return;
    all.set(bytes, at);
    at += bytes.byteLength;
  };
}

/**
 * Reads the samples of all series, page by page. In no transaction: an embedded database would be closed to all others
 * until the last page.
 *
 * @throws SamplesMissing
 */
export async function selectSeries(db: Database, revision: Revision): Promise<PackedSeries> {
  const heads = await selectHeads(db, revision);
  const count = countOf(heads);
  if (count !== revision.rowCount) throw new SamplesMissing(`${count} of ${revision.rowCount}`, revision);
  const values = new Float64Array(count);
  const cells = new Uint32Array(count);
  const times = new Float64Array(countOf(heads.filter(({ timed }) => timed)));
  const [addValues, addCells, addTimes] = [filler(values), filler(cells), filler(times)];
  for (const page of pagesOf(heads)) {
    const read = await selectPage(db, revision, page);
    addValues(read.values);
    addCells(read.cells);
    addTimes(read.times);
    // An embedded database answers without giving anybody else a turn.
    await breathe();
  }
  return { ...namesOf(heads), values, cells, times };
}

/** What the pieces tell of their series. */
function namesOf(
  heads: readonly PieceHead[],
): Pick<PackedSeries, "kpiNames" | "periods" | "counts" | "timed"> {
  const kpiNames: string[] = [];
  const periods: Period[] = [];
  const counts: number[] = [];
  const timed: number[] = [];
  let open: number | undefined;
  for (const { series, count, timed: hasTimes, kpiName, period } of heads) {
    if (series !== open) {
      open = series;
      kpiNames.push(kpiName);
      periods.push(period);
      counts.push(0);
      timed.push(hasTimes ? 1 : 0);
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + count;
  }
  return { kpiNames, periods, counts: Uint32Array.from(counts), timed: Uint8Array.from(timed) };
}
