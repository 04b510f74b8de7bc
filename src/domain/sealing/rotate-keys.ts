import { and, asc, count, eq, gt, isNotNull, ne } from "drizzle-orm";
import type { Database } from "../../db/open.js";
import { analysisResults, auditLog, pegComparisonSummaries } from "../../db/schema.js";
import { transact } from "../../db/transact.js";
import { cellsPlace } from "../analysis/stored-raw-data.js";
import { auditPlace } from "../apply-change.js";
import type { Services } from "../context.js";
import { resealCells } from "./reseal-cells.js";
import { sealAnew, UnreadableValue } from "./seal-anew.js";

const RECORDS_PER_LOOK = 100;

type RotationServices = Pick<Services, "db" | "sealer" | "clock">;

/** One kind of record with sealed values: which are left, and how one is sealed anew. */
interface SealedRecords {
  /** Before all ids. */
  first: string;
  count(db: Database): Promise<number>;
  /** Those left after a place in the order of ids. */
  next(db: Database, after: string): Promise<string[]>;
  reseal(services: RotationServices, id: string): Promise<void>;
}

function analyses(keyId: string): SealedRecords {
  const left = ne(analysisResults.keyId, keyId);
  return {
    first: "",
    count: async (db) => (await db.select({ n: count() }).from(analysisResults).where(left))[0]?.n ?? 0,
    next: async (db, after) => {
      const rows = await db
        .select({ id: analysisResults.id })
        .from(analysisResults)
        .where(and(left, gt(analysisResults.id, after)))
        .orderBy(asc(analysisResults.id))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => id);
    },
    reseal: (services, id) =>
      transact(services.db, async (tx) => {
        const own = and(eq(analysisResults.id, id), left);
        const [row] = await tx
          .select({ sealed: analysisResults.sealedCells })
          .from(analysisResults)
          .where(own)
          .for("update");
        // Replaced or deleted meanwhile: what was written is sealed with the new key.
        if (!row) return;
        const sealedCells = await sealAnew(services.sealer, row.sealed, cellsPlace(id));
        await tx.update(analysisResults).set({ sealedCells, keyId }).where(own);
      }),
  };
}

function comparisons(keyId: string): SealedRecords {
  const left = ne(pegComparisonSummaries.keyId, keyId);
  return {
    first: "",
    count: async (db) =>
      (await db.select({ n: count() }).from(pegComparisonSummaries).where(left))[0]?.n ?? 0,
    next: async (db, after) => {
      const rows = await db
        .select({ id: pegComparisonSummaries.analysisId })
        .from(pegComparisonSummaries)
        .where(and(left, gt(pegComparisonSummaries.analysisId, after)))
        .orderBy(asc(pegComparisonSummaries.analysisId))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => id);
    },
    reseal: (services, id) =>
      transact(services.db, async (tx) => {
        // The lock that all who change an analysis take first: none then waits for another in a ring.
        await tx
          .select({ id: analysisResults.id })
          .from(analysisResults)
          .where(eq(analysisResults.id, id))
          .for("update");
        const own = and(eq(pegComparisonSummaries.analysisId, id), left);
        const [head] = await tx
          .select({ id: pegComparisonSummaries.id })
          .from(pegComparisonSummaries)
          .where(own)
          .for("update");
        if (!head) return;
        await resealCells(tx, services.sealer, id);
        await tx.update(pegComparisonSummaries).set({ keyId }).where(own);
      }),
  };
}

function auditEntries(keyId: string): SealedRecords {
  const left = and(isNotNull(auditLog.keyId), ne(auditLog.keyId, keyId));
  return {
    first: "0",
    count: async (db) => (await db.select({ n: count() }).from(auditLog).where(left))[0]?.n ?? 0,
    next: async (db, after) => {
      const rows = await db
        .select({ id: auditLog.id })
        .from(auditLog)
        .where(and(left, gt(auditLog.id, Number(after))))
        .orderBy(asc(auditLog.id))
        .limit(RECORDS_PER_LOOK);
      return rows.map(({ id }) => String(id));
    },
    reseal: (services, id) =>
      transact(services.db, async (tx) => {
        const own = and(eq(auditLog.id, Number(id)), left);
        const [row] = await tx.select().from(auditLog).where(own).for("update");
        if (!row?.analysisId) return;
        const place = auditPlace(row.analysisId);
        const details = {
          ...row.details,
          user_id: await sealAnew(services.sealer, String(row.details.user_id), place),
        };
        await tx.update(auditLog).set({ details, keyId }).where(own);
      }),
  };
}

export interface RotationProgress {
  done: number;
  left: number;
}

export interface RotationOutcome {
  done: number;
  /** Records that do not open with any key, and were left as they are. */
  unreadable: number;
}

/**
 * Seals every record anew that another key than the first of the ring sealed, one record a transaction: reads and
 * writes go on meanwhile, and after a kill the next run goes on where this one was. The audit log notes it.
 *
 * @param actorId who rotates, for the audit log
 * @throws PegError where the new key may seal no more; what is sealed anew by then stays so
 */
export async function rotateKeys(
  services: RotationServices,
  actorId: string,
  onProgress: (progress: RotationProgress) => void = () => undefined,
): Promise<RotationOutcome> {
  const { db, sealer, clock } = services;
  const kinds = [analyses(sealer.keyId), comparisons(sealer.keyId), auditEntries(sealer.keyId)];
  let done = 0;
  let unreadable = 0;
  // Whoever still seals with the old key meanwhile is caught in the next round.
  for (
    let left = await countSealedOtherwise(services);
    left > unreadable;
    left = await countSealedOtherwise(services)
  ) {
    onProgress({ done, left });
    const before = done;
    unreadable = 0;
    for (const kind of kinds) {
      for await (const resealed of resealAll(services, kind)) {
        if (resealed) done++;
        else unreadable++;
        onProgress({ done, left: Math.max(0, left - (done - before)) });
      }
    }
  }
  await db.insert(auditLog).values({
    at: new Date(clock.now()),
    actorId,
    action: "rotate",
    details: { records: done, unreadable, key_id: sealer.keyId },
  });
  return { done, unreadable };
}

/** Goes through the records of a kind once, and tells of each whether it could be sealed anew. */
async function* resealAll(services: RotationServices, kind: SealedRecords): AsyncGenerator<boolean> {
  for (
    let ids = await kind.next(services.db, kind.first), after = kind.first;
    ids.length;
    ids = await kind.next(services.db, after)
  ) {
    for (const id of ids) {
      after = id;
      yield await kind.reseal(services, id).then(
        () => true,
        (error: unknown) => {
          if (error instanceof UnreadableValue) return false;
          throw error;
        },
      );
    }
  }
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

/** Of each key so many records are tried: one that is damaged says nothing of the key. */
const SAMPLE = 5;

/** The ids of keys under which no sealed record opens: the ring holds another secret under the same id. */
export async function findWrongKeys({ db, sealer }: Pick<Services, "db" | "sealer">): Promise<string[]> {
  const used = await db.selectDistinct({ keyId: analysisResults.keyId }).from(analysisResults);
  const fitting = await Promise.all(
    used.map(async ({ keyId }) => {
      const rows = await db
        .select({ sealed: analysisResults.sealedCells })
        .from(analysisResults)
        .where(eq(analysisResults.keyId, keyId))
        .limit(SAMPLE);
      return Promise.all(rows.map(({ sealed }) => sealer.fits(sealed)));
    }),
  );
  return used.flatMap(({ keyId }, i) => (fitting[i]?.some(Boolean) ? [] : [keyId]));
}
