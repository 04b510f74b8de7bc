import { createWriteStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { createBoss } from "./adapters/queue/boss.js";
import { createJobQueue } from "./adapters/queue/job-queue.js";
import { findRunningServer, type ServerAddress } from "./address-file.js";
import type { Config } from "./config.js";
import { type OpenDatabase, openDatabase } from "./db/open.js";
import { BackupError } from "./domain/backup/backup-error.js";
import type { OnBackupProgress } from "./domain/backup/backup-format.js";
import { type CheckedBackup, checkBackup } from "./domain/backup/check-backup.js";
import { type RestoreTarget, rehearseRestore, restoreBackup } from "./domain/backup/restore-backup.js";
import { type BackupSource, writeBackup } from "./domain/backup/write-backup.js";
import { noMetrics } from "./domain/metrics.js";
import { COMPARE_TASK } from "./jobs/compare-task.js";
import { createSealer } from "./keys.js";
import { createLogger } from "./log.js";
import { VERSION } from "./runtime.js";
import {
  absentDatabase,
  isDatabaseThere,
  MIGRATIONS,
  migrateAll,
  openMigratedDatabase,
  openSharedStore,
} from "./stores.js";

export type BackupStage = "write" | "check" | "restore";

export interface BackupOptions {
  /** An empty PostgreSQL database to restore into for the comparison; an embedded one of its own unless given. */
  scratchUrl?: string | undefined;
  keepUnreadable?: boolean | undefined;
  onProgress?(stage: BackupStage, progress: Parameters<OnBackupProgress>[0]): void;
}

const clock = { now: () => Date.now() };
const logger = createLogger("silent");
const nothingShared = { moveGeneration: async () => true };

/** What a backup of this database is written from. */
export function backupSource({ db }: Pick<OpenDatabase, "db">): BackupSource {
  const schema = String(readMigrationFiles({ migrationsFolder: MIGRATIONS }).at(-1)?.folderMillis);
  return { db, clock, program: VERSION, schema };
}

/**
 * Writes a backup of the database that the settings name, restores it into a fresh one and compares: only then does
 * the file get its name.
 *
 * What is not finished is removed, also where the process is asked to exit meanwhile.
 *
 * @throws BackupError where there is no database, the file is there already, cannot be compared, or holds what does
 * not open
 */
export async function takeBackup(
  config: Config,
  file: string,
  options: BackupOptions = {},
): Promise<CheckedBackup> {
  const progressOf = (stage: BackupStage) => (progress: Parameters<OnBackupProgress>[0]) =>
    options.onProgress?.(stage, progress);
  if (!isDatabaseThere(config)) throw new BackupError(absentDatabase(config));
  await refuseExisting(file);
  const draft = `${file}.unchecked`;
  await refuseInTheWay(draft);
  const remove = removingAtExit(draft);
  try {
    await writeDraft(config, draft, progressOf("write"));
    const { keepUnreadable } = options;
    const sealer = await createSealer(config);
    const checked = await checkBackup(draft, sealer, { keepUnreadable, onProgress: progressOf("check") });
    await tryRestore(draft, checked, options.scratchUrl, progressOf("restore"));
    await flush(draft);
    await refuseExisting(file);
    await rename(draft, file);
    await flush(dirname(file));
    return checked;
  } finally {
    await remove();
  }
}

/**
 * Restores into the database that the settings name. The file and the keys are checked before anything is written.
 *
 * @throws BackupError where the file is damaged, a key is missing, values do not open, or the database holds data
 */
export async function restore(
  config: Config,
  file: string,
  options: Pick<BackupOptions, "keepUnreadable" | "onProgress"> & { replace?: boolean | undefined },
): Promise<CheckedBackup & { requeued: number }> {
  const { keepUnreadable, replace, onProgress } = options;
  const checked = await checkBackup(file, await createSealer(config), {
    keepUnreadable,
    // No server starts on data that a missing key sealed.
    keysNeeded: true,
    onProgress: (progress) => onProgress?.("check", progress),
  });
  const database = await openMigratedDatabase(config, { logger });
  const shared = await openSharedStore(
    config,
    { clock, logger, metrics: noMetrics },
    database.kind === "embedded",
  );
  try {
    const outcome = await restoreBackup(restoreTarget(database, shared), file, checked, {
      replace,
      onProgress: (progress) => onProgress?.("restore", progress),
    });
    return { ...checked, ...outcome };
  } finally {
    await shared.close();
    await database.close();
  }
}

/** Nobody works on these jobs here: they are only sent. */
function restoreTarget({ db, run }: OpenDatabase, shared: RestoreTarget["shared"]): RestoreTarget {
  const boss = createBoss({ run, logger, supervise: false, migrate: false });
  return { db, shared, queue: createJobQueue(boss, COMPARE_TASK) };
}

async function writeDraft(config: Config, draft: string, onProgress: OnBackupProgress): Promise<void> {
  // Opened at once: where the process exits, it is not made after it was removed.
  const sink = () => createWriteStream(draft, { fd: openSync(draft, "w", 0o600) });
  const server = config.DATABASE_URL ? undefined : await findRunningServer(config.DATA_DIR);
  if (server) {
    await pipeline(await askServer(server.backup), sink());
    return;
  }
  const { DATABASE_URL: url, DATABASE_LISTEN_URL: direct, DATA_DIR: dataDir } = config;
  const database = await openDatabase({ url, dataDir, pooled: direct !== undefined });
  try {
    await writeBackup(backupSource(database), sink(), onProgress);
  } finally {
    await database.close();
  }
}

/** The embedded database belongs to a server that runs: that one writes. */
async function askServer({ url, secret }: ServerAddress["backup"]): Promise<Readable> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${secret}` } });
  if (!response.ok || !response.body) {
    throw new BackupError((await response.text()) || `The server answered ${response.status}.`);
  }
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

/** Rehearses in the database that is given, or in a fresh one, which is thrown away. */
async function tryRestore(
  file: string,
  checked: CheckedBackup,
  url: string | undefined,
  onProgress: OnBackupProgress,
): Promise<void> {
  const folder = url === undefined ? mkdtempSync(join(tmpdir(), "peg-backup-")) : "";
  const remove = folder ? removingAtExit(folder, { recursive: true }) : undefined;
  try {
    const scratch = await openDatabase({ url, dataDir: folder });
    try {
      await migrateAll(scratch, logger, url);
      await rehearseRestore(restoreTarget(scratch, nothingShared), file, checked, { onProgress });
    } finally {
      await scratch.close();
    }
  } finally {
    await remove?.();
  }
}

/**
 * Removes a file, or a folder of our own making, where the process exits.
 *
 * @returns what removes it before
 */
function removingAtExit(path: string, { recursive = false } = {}): () => Promise<void> {
  const options = { recursive, force: true, maxRetries: 3 };
  const atExit = () => rmSync(path, options);
  process.once("exit", atExit);
  return async () => {
    await rm(path, options);
    process.off("exit", atExit);
  };
}

/** A file of that name was left by a run that was killed; anything else is not ours to remove. */
async function refuseInTheWay(draft: string): Promise<void> {
  const there = await stat(draft).catch(() => undefined);
  if (there && !there.isFile())
    throw new BackupError(`${draft} is in the way: give another name, or move it.`);
}

async function refuseExisting(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there) throw new BackupError(`${file} is there already: give another name, or remove it.`);
}

/** So that a power cut leaves the whole file, or none of this name. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
