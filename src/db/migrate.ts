import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { PgliteDatabase } from "drizzle-orm/pglite";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { OpenDatabase } from "./open.js";

/** Any number, the same in all processes: whoever holds this lock migrates, the others wait. */
const MIGRATION_LOCK = 7_303_014;

/**
 * A change of a table waits for all who read it, a backup for one, and whoever comes after waits behind it. So it
 * waits for less time than they may, makes room for them, and comes again.
 */
const PATIENCE = { lockWaitMs: 3_000, pauseMs: 1_000, giveUpMs: 600_000 };
const LOCK_NOT_AVAILABLE = "55P03";

/** Something else used a table for as long as its change was tried. */
export class MigrationBlockedError extends Error {
  override readonly name = "MigrationBlockedError";

  constructor(cause: unknown) {
    super(
      "The tables could not be brought up to date: something else uses one of them, a backup perhaps or a " +
        "transaction that was left open (pg_stat_activity shows it). End it, or let it end, and start again.",
      { cause },
    );
  }
}

export interface MigrateOptions {
  migrationsFolder: string;
  /** A direct connection: a session lock does not hold through a pooler. */
  url?: string | undefined;
  /** What else is brought up to date while no other process does. */
  also?(): Promise<void>;
  /** For how long tables are waited for, ms. */
  patience?: Partial<typeof PATIENCE>;
}

function isBlocked(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as { code?: unknown }).code === LOCK_NOT_AVAILABLE) return true;
  return false;
}

/** Tries again while something else uses a table. @throws MigrationBlockedError */
async function patiently(work: () => Promise<void>, pauseMs: number, giveUpMs: number): Promise<void> {
  for (const endsAt = performance.now() + giveUpMs; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!isBlocked(error)) throw error;
      if (performance.now() > endsAt) throw new MigrationBlockedError(error);
      await sleep(pauseMs);
    }
  }
}

/** Brings the schema up to date. Safe to run twice and from many processes at once. @throws MigrationBlockedError */
export async function migrateDatabase(database: OpenDatabase, options: MigrateOptions): Promise<void> {
  const { migrationsFolder, also } = options;
  if (database.kind === "embedded" || !options.url) {
    const { migrate: migratePglite } = await import("drizzle-orm/pglite/migrator");
    await migratePglite(database.db as unknown as PgliteDatabase, { migrationsFolder });
    await also?.();
    return;
  }
  const client = postgres(options.url, {
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => {},
  });
  try {
    const db = drizzle(client);
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    const { lockWaitMs, pauseMs, giveUpMs } = { ...PATIENCE, ...options.patience };
    await db.execute(sql`select set_config('lock_timeout', ${String(lockWaitMs)}, false)`);
    const work = async () => {
      await migrate(db, { migrationsFolder });
    };
    await patiently(work, pauseMs, giveUpMs);
    await also?.();
  } finally {
    // Ending the session gives the lock back.
    await client.end({ timeout: 5 });
  }
}
