import { and, asc, eq, sql } from "drizzle-orm";
import { comparisonSummary } from "../../contract/comparison.js";
import { wireAnalysisMetadata } from "../../contract/mcp-protocol.js";
import { announceTaskOf } from "../../db/changes.js";
import { insertBatches } from "../../db/insert-rows.js";
import type { Database, Transaction } from "../../db/open.js";
import {
  analysisResults,
  pegComparisonResults,
  pegComparisonSummaries,
  pegComparisonTasks,
} from "../../db/schema.js";
import { transact } from "../../db/transact.js";
import type { Services } from "../context.js";
import type { Sealer } from "../ports.js";
import type { ComparedPeg, ComputedComparison } from "./computed-comparison.js";

/** A comparison is of one state of the data and one version of the method. */
export interface ComparisonKey {
  analysisId: string;
  revision: string;
  algorithmVersion: string;
}

const ROWS_PER_INSERT = 100;
/** Of the text of both periods in one statement, which the driver writes without a pause. */
const CHARACTERS_PER_INSERT = 128 * 1024;

/** What stands in `peg_comparison_results.metadata`: the cell id sealed. */
interface StoredMetadata {
  cell_id?: string;
  calculated_at?: string;
  data_quality?: "high" | "medium" | "low";
}

export function cellPlace(analysisId: string) {
  return { table: "peg_comparison_results", record: analysisId, field: "metadata.cell_id" };
}

/** Work on each distinct text once. */
function memoize(work: (text: string) => Promise<string>): (text: string) => Promise<string> {
  const done = new Map<string, Promise<string>>();
  return (text) => {
    const result = done.get(text) ?? work(text);
    done.set(text, result);
    return result;
  };
}

/** The head of a stored comparison, or undefined where there is none of this state. */
export async function loadStoredSummary(
  db: Database,
  key: ComparisonKey,
): Promise<Omit<ComputedComparison, "pegs"> | undefined> {
  const [row] = await db
    .select({
      summary: sql<string>`${pegComparisonSummaries.summaryData}::text`,
      analysisMetadata: sql<string>`${pegComparisonSummaries.analysisMetadata}::text`,
      processingTime: pegComparisonSummaries.processingTime,
      mcpVersion: pegComparisonSummaries.mcpVersion,
    })
    .from(pegComparisonSummaries)
    .where(
      and(
        eq(pegComparisonSummaries.analysisId, key.analysisId),
        eq(pegComparisonSummaries.revision, key.revision),
        eq(pegComparisonSummaries.algorithmVersion, key.algorithmVersion),
      ),
    );
  if (!row) return undefined;
  return {
    summary: comparisonSummary.parse(JSON.parse(row.summary)),
    analysisMetadata: wireAnalysisMetadata.parse(JSON.parse(row.analysisMetadata)),
    processingTime: row.processingTime,
    mcpVersion: row.mcpVersion,
  };
}

/** The whole stored comparison. Head and PEGs are read in one snapshot, so that they are of one computation. */
export async function loadStoredComparison(
  services: Services,
  key: ComparisonKey,
): Promise<ComputedComparison | undefined> {
  const read = await services.db.transaction(
    async (tx) => {
      const head = await loadStoredSummary(tx, key);
      if (!head) return undefined;
      const rows = await tx
        .select({
          pegName: pegComparisonResults.pegName,
          weight: pegComparisonResults.weight,
          n1Period: sql<string>`${pegComparisonResults.n1PeriodData}::text`,
          nPeriod: sql<string>`${pegComparisonResults.nPeriodData}::text`,
          comparison: sql<string>`${pegComparisonResults.comparisonData}::text`,
          judge: sql<string | null>`${pegComparisonResults.judgeData}::text`,
          metadata: sql<string>`${pegComparisonResults.metadata}::text`,
        })
        .from(pegComparisonResults)
        .where(eq(pegComparisonResults.analysisId, key.analysisId))
        .orderBy(asc(pegComparisonResults.position));
      return { head, rows };
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
  if (!read) return undefined;
  const openCell = memoize((sealed) => services.sealer.open(sealed, cellPlace(key.analysisId)));
  const pegs = await Promise.all(
    read.rows.map(async ({ metadata, judge, ...rest }): Promise<ComparedPeg> => {
      const peg = judge === null ? rest : { ...rest, judge };
      const { cell_id, calculated_at, data_quality } = JSON.parse(metadata) as StoredMetadata;
      if (!cell_id || !calculated_at || !data_quality) return peg;
      return {
        ...peg,
        metadata: { cell_id: await openCell(cell_id), calculated_at: new Date(calculated_at), data_quality },
      };
    }),
  );
  return { ...read.head, pegs };
}

/** Removes the stored comparison of an analysis, of whatever state it is. */
export async function dropComparison(tx: Transaction, analysisId: string): Promise<void> {
  await Promise.all([
    tx.delete(pegComparisonResults).where(eq(pegComparisonResults.analysisId, analysisId)),
    tx.delete(pegComparisonSummaries).where(eq(pegComparisonSummaries.analysisId, analysisId)),
  ]);
}

/** Each cell that results are of, sealed once. */
async function sealCells(
  sealer: Sealer,
  analysisId: string,
  { pegs }: ComputedComparison,
): Promise<Map<string, string>> {
  const cells = new Set(pegs.flatMap(({ metadata }) => (metadata ? [metadata.cell_id] : [])));
  const sealed = [...cells].map(
    async (cell): Promise<[string, string]> => [cell, await sealer.seal(cell, cellPlace(analysisId))],
  );
  return new Map(await Promise.all(sealed));
}

/**
 * The rows of one statement after the other: each has few enough, and few enough characters. They are made while
 * PostgreSQL stores those before.
 */
function* rowBatches(
  analysisId: string,
  { pegs, analysisMetadata }: ComputedComparison,
  sealedCells: ReadonlyMap<string, string>,
): Generator<(typeof pegComparisonResults.$inferInsert)[]> {
  let batch: (typeof pegComparisonResults.$inferInsert)[] = [];
  let characters = 0;
  for (const [position, peg] of pegs.entries()) {
    const metadata = peg.metadata ? { ...peg.metadata, cell_id: sealedCells.get(peg.metadata.cell_id) } : {};
    batch.push({
      analysisId,
      position,
      pegName: peg.pegName,
      weight: peg.weight,
      n1PeriodData: peg.n1Period,
      nPeriodData: peg.nPeriod,
      comparisonData: peg.comparison,
      judgeData: peg.judge ?? null,
      metadata: JSON.stringify(metadata),
      calculatedAt: analysisMetadata.calculated_at,
    });
    characters += peg.n1Period.length + peg.nPeriod.length;
    if (batch.length < ROWS_PER_INSERT && characters < CHARACTERS_PER_INSERT) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length) yield batch;
}

/** How the attempt to store ended: `moved` where the data was replaced, `fenced` where another took over. */
export type StoreOutcome = "stored" | "moved" | "fenced";

/** Takes everything back that an attempt wrote whose task is another's by now. */
class Fenced extends Error {}

/** Stores a comparison and completes its task, all or nothing, unless the data or the task moved on. */
export async function storeComparison(
  services: Services,
  key: ComparisonKey,
  attemptToken: string,
  comparison: ComputedComparison,
): Promise<StoreOutcome> {
  const { analysisId } = key;
  const { sealer } = services;
  const sealedCells = await sealCells(sealer, analysisId, comparison);
  return transact(services.db, async (tx): Promise<StoreOutcome> => {
    const [analysis] = await tx
      .select({ revision: analysisResults.revision })
      .from(analysisResults)
      .where(eq(analysisResults.id, analysisId))
      .for("update");
    if (analysis?.revision !== key.revision) return "moved";
    await dropComparison(tx, analysisId);
    await insertBatches(tx, pegComparisonResults, rowBatches(analysisId, comparison, sealedCells));
    await tx.insert(pegComparisonSummaries).values({
      ...key,
      summaryData: JSON.stringify(comparison.summary),
      analysisMetadata: JSON.stringify(comparison.analysisMetadata),
      processingTime: comparison.processingTime,
      mcpVersion: comparison.mcpVersion,
      keyId: sealer.keyId,
      calculatedAt: comparison.analysisMetadata.calculated_at,
    });
    // Last: it locks the row, whose lease has to be renewed while all that is written.
    const mine = await tx
      .update(pegComparisonTasks)
      .set({
        status: "COMPLETED",
        progress: 100,
        version: sql`${pegComparisonTasks.version} + 1`,
        updatedAt: sql`now()`,
        estimatedCompletion: sql`now()`,
        finishedAt: sql`now()`,
      })
      .where(
        and(eq(pegComparisonTasks.attemptToken, attemptToken), eq(pegComparisonTasks.status, "PROCESSING")),
      )
      .returning({ told: announceTaskOf(sql`${pegComparisonTasks.id}`) });
    if (!mine.length) throw new Fenced();
    return "stored";
  }).catch((error: unknown) => {
    if (error instanceof Fenced) return "fenced" as const;
    throw error;
  });
}
