import { and, asc, count, eq, isNotNull, ne, sql } from "drizzle-orm";
import type { Database } from "../../db/open.js";
import { analysisResults, auditLog, pegComparisonResults, pegComparisonSummaries } from "../../db/schema.js";
import { cellsPlace } from "../analysis/stored-raw-data.js";
import { auditPlace } from "../apply-change.js";
import { cellPlace } from "../comparison/stored-comparison.js";
import type { Services } from "../context.js";
import type { Place } from "../ports.js";

const RECORDS_PER_LOOK = 100;

type RotationServices = Pick<Services, "db" | "sealer" | "clock">;

/** One kind of record with sealed values: which are left, and how one is sealed anew. */
interface SealedRecords {
  count(db: Database): Promise<number>;
  next(db: Database): Promise<string[]>;
  reseal(services: RotationServices, id: string): Promise<void>;
}

async function sealAnew({ sealer }: RotationServices, sealed: string, place: Place): Promise<string> {
  return sealer.seal(await sealer.open(sealed, place), place);
}

function analyses(keyId: string): SealedRecords {
  const left = ne(analysisResults.keyId, keyId);
  return {
    count: async (db) => (await db.select({ n: count() }).from(analysisResults).where(left))[0]?.n ?? 0,
    next: async (db) => {
      const rows = await db
        .select({ id: analysisResults.id })
        .from(analysisResults)
        .where(left)
        .orderBy(asc(analysisResults.id))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => id);
    },
    reseal: (services, id) =>
      services.db.transaction(async (tx) => {
        const own = and(eq(analysisResults.id, id), left);
        const [row] = await tx
          .select({ sealed: analysisResults.sealedCells })
          .from(analysisResults)
          .where(own)
          .for("update");
        // Replaced or deleted meanwhile: what was written is sealed with the new key.
        if (!row) return;
        const sealedCells = await sealAnew(services, row.sealed, cellsPlace(id));
        await tx.update(analysisResults).set({ sealedCells, keyId }).where(own);
      }),
  };
}

function comparisons(keyId: string): SealedRecords {
  const left = ne(pegComparisonSummaries.keyId, keyId);
  return {
    count: async (db) =>
      (await db.select({ n: count() }).from(pegComparisonSummaries).where(left))[0]?.n ?? 0,
    next: async (db) => {
      const rows = await db
        .select({ id: pegComparisonSummaries.analysisId })
        .from(pegComparisonSummaries)
        .where(left)
        .orderBy(asc(pegComparisonSummaries.analysisId))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => id);
    },
    reseal: (services, id) =>
      services.db.transaction(async (tx) => {
        const own = and(eq(pegComparisonSummaries.analysisId, id), left);
        const [head] = await tx
          .select({ id: pegComparisonSummaries.id })
          .from(pegComparisonSummaries)
          .where(own)
          .for("update");
        if (!head) return;
        // The cell ids of one record are sealed once each, so few texts stand in many rows.
        const cell = sql<string | null>`${pegComparisonResults.metadata}->>'cell_id'`;
        const ofAnalysis = eq(pegComparisonResults.analysisId, id);
        const texts = await tx.selectDistinct({ sealed: cell }).from(pegComparisonResults).where(ofAnalysis);
        for (const { sealed } of texts) {
          if (sealed === null) continue;
          const anew = await sealAnew(services, sealed, cellPlace(id));
          await tx
            .update(pegComparisonResults)
            .set({
              metadata: sql`jsonb_set(${pegComparisonResults.metadata}, '{cell_id}', to_jsonb(${anew}::text))`,
            })
            .where(and(ofAnalysis, eq(cell, sealed)));
        }
        await tx.update(pegComparisonSummaries).set({ keyId }).where(own);
      }),
  };
}

function auditEntries(keyId: string): SealedRecords {
  const left = and(isNotNull(auditLog.keyId), ne(auditLog.keyId, keyId));
  return {
    count: async (db) => (await db.select({ n: count() }).from(auditLog).where(left))[0]?.n ?? 0,
    next: async (db) => {
      const rows = await db
        .select({ id: auditLog.id })
        .from(auditLog)
        .where(left)
        .orderBy(asc(auditLog.id))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => String(id));
    },
    reseal: (services, id) =>
      services.db.transaction(async (tx) => {
        const own = and(eq(auditLog.id, Number(id)), left);
        const [row] = await tx.select().from(auditLog).where(own).for("update");
        if (!row?.analysisId) return;
        const place = auditPlace(row.analysisId);
        const details = {
          ...row.details,
          user_id: await sealAnew(services, String(row.details.user_id), place),
        };
        await tx.update(auditLog).set({ details, keyId }).where(own);
      }),
  };
}

export interface RotationProgress {
  done: number;
  left: number;
}

/**
 * Seals every record anew that another key than the first of the ring sealed, one record a transaction: reads and
 * writes go on meanwhile, and after a kill the next run goes on where this one was. The audit log notes it.
 *
 * @param actorId who rotates, for the audit log
 * @returns the number of records sealed anew
 * @throws PegError SERVICE_UNAVAILABLE where a record does not open with any key; it is left as it is
 */
export async function rotateKeys(
  services: RotationServices,
  actorId: string,
  onProgress: (progress: RotationProgress) => void = () => undefined,
): Promise<number> {
  const { db, sealer, clock } = services;
  const kinds = [analyses(sealer.keyId), comparisons(sealer.keyId), auditEntries(sealer.keyId)];
  let done = 0;
  for (;;) {
    const left = await countSealedOtherwise(services);
    onProgress({ done, left });
    if (left === 0) break;
    for (const kind of kinds)
      done += await resealSome(services, kind, (more) =>
        onProgress({ done: done + more, left: Math.max(0, left - more) }),
      );
  }
  await db.insert(auditLog).values({
    at: new Date(clock.now()),
    actorId,
    action: "rotate",
    details: { records: done, key_id: sealer.keyId },
  });
  return done;
}

async function resealSome(
  services: RotationServices,
  kind: SealedRecords,
  onRecord: (done: number) => void,
): Promise<number> {
  const ids = await kind.next(services.db);
  for (const [place, id] of ids.entries()) {
    await kind.reseal(services, id);
    onRecord(place + 1);
  }
  return ids.length;
}

/** How many records another key than the first of the ring sealed. */
export async function countSealedOtherwise({ db, sealer }: Pick<Services, "db" | "sealer">): Promise<number> {
  const kinds = [analyses(sealer.keyId), comparisons(sealer.keyId), auditEntries(sealer.keyId)];
  const counts = await Promise.all(kinds.map((kind) => kind.count(db)));
  return counts.reduce((sum, n) => sum + n, 0);
}

/** The ids of keys that sealed something and that the ring does not hold. */
export async function findMissingKeys({ db, sealer }: Pick<Services, "db" | "sealer">): Promise<string[]> {
  const used = await Promise.all([
    db.selectDistinct({ keyId: analysisResults.keyId }).from(analysisResults),
    db.selectDistinct({ keyId: pegComparisonSummaries.keyId }).from(pegComparisonSummaries),
    db.selectDistinct({ keyId: auditLog.keyId }).from(auditLog).where(isNotNull(auditLog.keyId)),
  ]);
  const ids = new Set(used.flat().flatMap(({ keyId }) => (keyId === null ? [] : [keyId])));
  return [...ids].filter((keyId) => !sealer.knows(keyId)).sort();
}
