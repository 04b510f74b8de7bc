import { sql } from "drizzle-orm";
import type { PgliteDatabase } from "drizzle-orm/pglite";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { OpenDatabase } from "./open.js";

/** Any number, the same in all processes: whoever holds this lock migrates, the others wait. */
const MIGRATION_LOCK = 7_303_014;

export interface MigrateOptions {
  migrationsFolder: string;
  /** A direct connection: a session lock does not hold through a pooler. */
  url?: string | undefined;
  /** What else is brought up to date while no other process does. */
  also?(): Promise<void>;
}

/** Brings the schema up to date. Safe to run twice and from many processes at once. */
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
    await migrate(db, { migrationsFolder });
    await also?.();
  } finally {
    // Ending the session gives the lock back.
    await client.end({ timeout: 5 });
  }
}
