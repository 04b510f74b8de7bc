import { and, asc, eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Period } from "../../contract/analysis.js";
import type { Transaction } from "../../db/open.js";
import { analysisSamples } from "../../db/schema.js";
import { breathe } from "../breathe.js";
import type { SampleSeries } from "./raw-data.js";

/** Of pieces that are read at once, unless one alone has more: about a millisecond of the event loop. */
const SAMPLES_PER_PAGE = 16_384;

/** What is known of a piece before its samples are read. */
export type PieceHead = Awaited<ReturnType<typeof selectHeads>>[number];

/** The pieces of all series, in order. */
export function selectHeads(tx: Transaction, analysisId: string, revision: string) {
  return tx
    .select({
      series: analysisSamples.series,
      piece: analysisSamples.piece,
      kpiName: analysisSamples.kpiName,
      period: analysisSamples.period,
      count: analysisSamples.sampleCount,
      timed: sql<boolean>`${analysisSamples.sampleTimes} is not null`,
    })
    .from(analysisSamples)
    .where(and(eq(analysisSamples.analysisId, analysisId), eq(analysisSamples.revision, revision)))
    .orderBy(asc(analysisSamples.series), asc(analysisSamples.piece));
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

/** The columns of some pieces that follow each other, joined by PostgreSQL: a row for each would take far longer. */
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
        eq(analysisSamples.analysisId, analysisId),
        eq(analysisSamples.revision, revision),
        sql`(${series}, ${piece}) >= (${first.series}, ${first.piece})`,
        sql`(${series}, ${piece}) <= (${last.series}, ${last.piece})`,
      ),
    );
  return read;
}

/** A column of all series that is filled from its beginning on. */
class Filled<T extends Float64Array | Uint32Array> {
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
  heads: readonly PieceHead[],
): Promise<SampleSeries[]> {
  // Three blocks of memory for all: thousands would take longer to move to a thread than their samples to encode.
  const values = new Filled(new Float64Array(countOf(heads)));
  const cells = new Filled(new Uint32Array(countOf(heads)));
  const times = new Filled(new Float64Array(countOf(heads.filter(({ timed }) => timed))));
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
    times.add(bytes?.times, countOf(page.filter(({ timed }) => timed)));
    // An embedded database answers without giving anybody else a turn.
    await breathe();
  }
  return cutSeries(heads, values.column, cells.column, times.column);
}

function cutSeries(
  heads: readonly PieceHead[],
  values: Float64Array,
  cells: Uint32Array,
  times: Float64Array,
): SampleSeries[] {
  const bySeries = new Map<number, PieceHead[]>();
  for (const head of heads) {
    const own = bySeries.get(head.series);
    if (own) own.push(head);
    else bySeries.set(head.series, [head]);
  }
  let [from, timesFrom] = [0, 0];
  return [...bySeries.values()].map((own) => {
    const { kpiName, period, timed } = own[0] as PieceHead;
    const count = countOf(own);
    const one = {
      kpiName,
      period: period as Period,
      values: values.subarray(from, from + count),
      cells: cells.subarray(from, from + count),
      times: timed ? times.subarray(timesFrom, timesFrom + count) : undefined,
    };
    from += count;
    if (timed) timesFrom += count;
    return one;
  });
}
