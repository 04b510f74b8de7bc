import { inArray, sql } from "drizzle-orm";
import { announce, announceAllAnalyses } from "../../db/changes.js";
import type { Database, Transaction } from "../../db/open.js";
import { rowsOf, runIn } from "../../db/run-sql.js";
import { pegComparisonTasks } from "../../db/schema.js";
import { transact } from "../../db/transact.js";
import type { JobQueue, SharedStore } from "../ports.js";
import { BackupError, damaged } from "./backup-error.js";
import { counting, type OnBackupProgress, summing } from "./backup-format.js";
import { BACKUP_TABLES, readRows, schemaOf, setUtc } from "./backup-tables.js";
import type { CheckedBackup } from "./check-backup.js";
import { readBackup } from "./read-backup.js";

export interface RestoreTarget {
  /** Migrated. */
  db: Database;
  queue: JobQueue;
  shared: Pick<SharedStore, "moveGeneration">;
}

export interface RestoreOptions {
  /** Whether what is there may be lost. */
  replace?: boolean | undefined;
  onProgress?: OnBackupProgress;
}

/** Characters that are handed to the database at a time. */
const BATCH_CHARS = 4 * 1024 * 1024;
const BATCH_ROWS = 2_000;
/** Generations that are moved at a time. */
const MOVES = 50;
const NAMES = BACKUP_TABLES.map(({ name }) => `"${name}"`).join(", ");

/**
 * Puts a backup into a database, all or nothing, and reads it back before that is final. No process serves anything
 * older afterwards, and tasks that had not ended are queued anew.
 *
 * @param checked what `checkBackup` said of the file
 * @returns how many tasks begin anew
 * @throws BackupError where the target holds data and may not lose it, or where it is of another version
 */
export async function restoreBackup(
  target: RestoreTarget,
  path: string,
  checked: CheckedBackup,
  options: RestoreOptions = {},
): Promise<{ requeued: number }> {
  await refuseOtherTables(target, checked);
  return transact(target.db, (tx) => putBack(tx, target, path, checked, options));
}

/** Ends a rehearsal, and with it its transaction. */
class TakenBack extends Error {}

/**
 * Restores into an empty database as `restoreBackup` does, and takes all of it back: what cannot be restored is no
 * backup. Nothing is left of it, also where it is killed.
 *
 * @throws BackupError as `restoreBackup`
 */
export async function rehearseRestore(
  target: RestoreTarget,
  path: string,
  checked: CheckedBackup,
  options: Pick<RestoreOptions, "onProgress"> = {},
): Promise<void> {
  await refuseOtherTables(target, checked);
  try {
    await transact(target.db, async (tx) => {
      await putBack(tx, target, path, checked, options);
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
}

async function refuseOtherTables({ db }: RestoreTarget, { header }: CheckedBackup): Promise<void> {
  if ((await schemaOf(db)) === header.schema) return;
  throw new BackupError(
    `The backup was made by version ${header.program}, whose tables differ: restore it with that version, then start this one, which brings it up to date.`,
  );
}

async function putBack(
  tx: Transaction,
  target: RestoreTarget,
  path: string,
  checked: CheckedBackup,
  options: RestoreOptions,
): Promise<{ requeued: number }> {
  await setUtc(tx);
  // Until the end nobody reads or writes: what is told below is not overtaken by what was read before.
  await tx.execute(sql.raw(`lock table ${NAMES} in access exclusive mode`));
  if (!options.replace && (await holdsData(tx))) {
    throw new BackupError(
      "The database holds data. Restore into an empty one, or give --replace to lose what it holds.",
    );
  }
  const before = await analysisIds(tx);
  // With their counters anew: those can be set within the transaction, and are as they were where it fails.
  await tx.execute(sql.raw(`truncate ${NAMES} restart identity`));
  await load(tx, path, checked, options.onProgress ?? (() => undefined));
  await compare(tx, checked);
  const requeued = await requeue(tx, target.queue);
  const ids = [...new Set([...before, ...(await analysisIds(tx))])];
  await announceAllAnalyses(tx, ids);
  if (requeued) await announce(tx, { kind: "jobs", id: "" });
  await forgetAll(target.shared, ids);
  return { requeued };
}

async function holdsData(tx: Transaction): Promise<boolean> {
  for (const { name } of BACKUP_TABLES) {
    if (rowsOf(await tx.execute(sql.raw(`select 1 from ${name} limit 1`))).length) return true;
  }
  return false;
}

async function analysisIds(tx: Transaction): Promise<string[]> {
  const rows = rowsOf(
    await tx.execute(
      sql`select id from analysis_results union select analysis_id from user_analysis_permissions`,
    ),
  );
  return rows.map(({ id }) => String(id));
}

async function load(
  tx: Transaction,
  path: string,
  { sums }: CheckedBackup,
  onProgress: OnBackupProgress,
): Promise<void> {
  const reader = await readBackup(path);
  const count = counting(reader.header, onProgress);
  let batch: string[] = [];
  let chars = 0;
  let filling = BACKUP_TABLES[0];
  const flush = async () => {
    if (filling && batch.length) {
      await tx.execute(filling.insert(batch));
      count(filling.name, batch.length);
    }
    batch = [];
    chars = 0;
  };
  try {
    for await (const { table, line } of reader.rows()) {
      if (filling?.name !== table || chars > BATCH_CHARS || batch.length >= BATCH_ROWS) await flush();
      filling = BACKUP_TABLES.find(({ name }) => name === table);
      batch.push(line);
      chars += line.length;
    }
    await flush();
    if (JSON.stringify(reader.sums) !== JSON.stringify(sums)) throw damaged("it changed while it was read");
  } finally {
    await reader.close();
  }
  await tx.execute(sql`
    select setval(pg_get_serial_sequence('audit_log', 'id'), greatest(1, max(id)), max(id) is not null)
    from audit_log`);
}

/** Reads back what was written. */
async function compare(tx: Transaction, { sums }: CheckedBackup): Promise<void> {
  for (const [i, table] of BACKUP_TABLES.entries()) {
    const summed = summing(table.name);
    for await (const lines of readRows(tx, table)) for (const line of lines) summed.add(line);
    if (JSON.stringify(summed.sum()) !== JSON.stringify(sums[i])) {
      throw new BackupError(
        `What was restored of ${table.name} is not what the backup holds. Nothing was restored.`,
      );
    }
  }
}

/** Whoever worked on a task when the backup was taken is not heard any more: its attempt counts nothing here. */
async function requeue(tx: Transaction, queue: JobQueue): Promise<number> {
  await queue.clear(runIn(tx));
  const { id, status, version } = pegComparisonTasks;
  const open = await tx
    .update(pegComparisonTasks)
    .set({
      status: "PENDING",
      progress: 0,
      version: sql`${version} + 1`,
      queued: true,
      attemptToken: sql`gen_random_uuid()`,
      leaseUntil: sql`now() - interval '1 second'`,
      startedAt: null,
      estimatedCompletion: null,
      updatedAt: sql`now()`,
    })
    .where(inArray(status, ["PENDING", "PROCESSING"]))
    .returning({ id });
  for (const { id: taskId } of open) await queue.send(runIn(tx), { taskId, requestId: "restore" });
  return open.length;
}

/** Before the end of the transaction, behind whose locks nothing old can be read any more. */
async function forgetAll(shared: RestoreTarget["shared"], ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += MOVES) {
    const moved = await Promise.all(ids.slice(start, start + MOVES).map((id) => shared.moveGeneration(id)));
    if (moved.includes(false)) {
      throw new BackupError(
        "Redis does not answer, and would go on serving what it holds. Nothing was restored.",
      );
    }
  }
}
