import { and, eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Period } from "../../contract/analysis.js";
import type { Transaction } from "../../db/open.js";
import { analysisSamples } from "../../db/schema.js";
import { breathe } from "../breathe.js";
import type { PackedSeries } from "./raw-data.js";

/** Of pieces that are read at once, unless one alone has more: about a millisecond of the event loop. */
const SAMPLES_PER_PAGE = 16_384;

/** What is known of a piece before its samples are read: its place, how many samples it has, and whether with times. */
type PieceHead = [
  series: number,
  piece: number,
  count: number,
  timed: boolean,
  kpiName: string,
  period: Period,
];

const SERIES = 0;
const PIECE = 1;
const COUNT = 2;
const TIMED = 3;

function ofRevision(analysisId: string, revision: string) {
  return and(eq(analysisSamples.analysisId, analysisId), eq(analysisSamples.revision, revision));
}

/** The pieces of all series, in order: one list, which takes the driver a fraction of the time of a row for each. */
async function selectHeads(tx: Transaction, analysisId: string, revision: string): Promise<PieceHead[]> {
  const { series, piece, sampleCount, sampleTimes, kpiName, period } = analysisSamples;
  const head = sql`json_build_array(${series}, ${piece}, ${sampleCount}, ${sampleTimes} is not null, ${kpiName}, ${period})`;
  const [row] = await tx
    .select({ heads: sql<string | null>`json_agg(${head} order by ${series}, ${piece})::text` })
    .from(analysisSamples)
    .where(ofRevision(analysisId, revision));
  return JSON.parse(row?.heads ?? "[]");
}

function countOf(heads: readonly PieceHead[]): number {
  return heads.reduce((sum, head) => sum + head[COUNT], 0);
}

function countTimedOf(heads: readonly PieceHead[]): number {
  return heads.reduce((sum, head) => (head[TIMED] ? sum + head[COUNT] : sum), 0);
}

/** The pieces, as many at a time as are read at once. */
function pagesOf(heads: readonly PieceHead[]): PieceHead[][] {
  const pages: PieceHead[][] = [];
  let room = 0;
  for (const head of heads) {
    if (head[COUNT] > room) {
      pages.push([]);
      room = SAMPLES_PER_PAGE;
    }
    pages.at(-1)?.push(head);
    room -= head[COUNT];
  }
  return pages;
}

/** The columns of some pieces that follow each other, joined by PostgreSQL. */
async function selectPage(tx: Transaction, analysisId: string, revision: string, page: readonly PieceHead[]) {
  const { series, piece, sampleValues, sampleCells, sampleTimes } = analysisSamples;
  const [first, last] = [page[0] as PieceHead, page.at(-1) as PieceHead];
  const inOrder = (column: PgColumn) =>
    sql<Uint8Array | null>`string_agg(${column}, ''::bytea order by ${series}, ${piece})`;
  const [read] = await tx
    .select({ values: inOrder(sampleValues), cells: inOrder(sampleCells), times: inOrder(sampleTimes) })
    .from(analysisSamples)
    .where(
      and(
        ofRevision(analysisId, revision),
        sql`(${series}, ${piece}) >= (${first[SERIES]}, ${first[PIECE]})`,
        sql`(${series}, ${piece}) <= (${last[SERIES]}, ${last[PIECE]})`,
      ),
    );
  return read;
}

/** A column that is filled from its beginning on. */
class Filled<T extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(readonly column: T) {
    this.#bytes = new Uint8Array(column.buffer);
  }

  /** @throws Error where it is not exactly of so many samples */
  add(bytes: Uint8Array | null | undefined, samples: number): void {
    const wanted = samples * this.column.BYTES_PER_ELEMENT;
    if ((bytes?.byteLength ?? 0) !== wanted)
      throw new Error("stored samples are not as many as their rows say");
    if (bytes) this.#bytes.set(bytes, this.#at);
    this.#at += wanted;
  }
}

/**
 * Reads the samples of all series, page by page: one is decoded here while PostgreSQL makes the next.
 *
 * @param tx sees one state
 * @throws Error where bytes are missing
 */
export async function selectSeries(
  tx: Transaction,
  analysisId: string,
  revision: string,
): Promise<PackedSeries> {
  const heads = await selectHeads(tx, analysisId, revision);
  const values = new Filled(new Float64Array(countOf(heads)));
  const cells = new Filled(new Uint32Array(countOf(heads)));
  const times = new Filled(new Float64Array(countTimedOf(heads)));
  const pages = pagesOf(heads);
  let coming = pages[0] && selectPage(tx, analysisId, revision, pages[0]);
  for (const [i, page] of pages.entries()) {
    const bytes = await coming;
    const next = pages[i + 1];
    coming = next && selectPage(tx, analysisId, revision, next);
    // It is awaited in the next round, unless this one fails.
    coming?.catch(() => undefined);
    values.add(bytes?.values, countOf(page));
    cells.add(bytes?.cells, countOf(page));
    times.add(bytes?.times, countTimedOf(page));
    // An embedded database answers without giving anybody else a turn.
    await breathe();
  }
  return { ...namesOf(heads), values: values.column, cells: cells.column, times: times.column };
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
  for (const [series, , count, hasTimes, kpiName, period] of heads) {
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
