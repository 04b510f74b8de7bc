import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { lockDataDir } from "./data-dir-lock.js";
import * as schema from "./schema.js";

/** PostgreSQL, wherever it runs: the same schema and the same queries. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

export interface OpenDatabase {
  db: Database;
  /** An embedded database belongs to one process; a PostgreSQL may be shared by many. */
  kind: "embedded" | "postgres";
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://...`; the embedded database where absent. */
  url?: string | undefined;
  /** Where the embedded database lives; `memory://` for one that is never written. */
  dataDir: string;
  /** Set where connections go through a pooler in transaction mode, which knows no prepared statements. */
  pooled?: boolean | undefined;
  /** Told of every query, for counting. */
  onQuery?: ((text: string) => void) | undefined;
}

const CONNECT_TIMEOUT_S = 5;
const MAX_CONNECTIONS = 10;

/**
 * Opens the database; the caller migrates it.
 *
 * @throws DataDirLockedError where another process holds the data directory
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { onQuery } = options;
  const logger = onQuery ? { logQuery: (text: string) => onQuery(text) } : false;
  return options.url
    ? openPostgres(options.url, options.pooled ?? false, logger)
    : openEmbedded(options.dataDir, logger);
}

export type QueryLogger = false | { logQuery(text: string): void };

function openPostgres(url: string, pooled: boolean, logger: QueryLogger): OpenDatabase {
  const client = postgres(url, {
    max: MAX_CONNECTIONS,
    connect_timeout: CONNECT_TIMEOUT_S,
    prepare: !pooled,
    onnotice: () => {},
    connection: { application_name: "peg-comparison-bff" },
  });
  const db = drizzlePostgres(client, { schema, logger });
  return {
    db: db as unknown as Database,
    kind: "postgres",
    ping: async () => void (await db.execute(sql`select 1`)),
    close: () => client.end({ timeout: 5 }),
  };
}

async function openEmbedded(dataDir: string, logger: QueryLogger): Promise<OpenDatabase> {
  const inMemory = dataDir.startsWith("memory://");
  const unlock = inMemory ? () => {} : lockDataDir(dataDir);
  try {
    const client = await PGlite.create(inMemory ? dataDir : join(dataDir, "pglite"));
    const database = fromPglite(client, logger);
    const close = async () => {
      await database.close();
      unlock();
    };
    return { ...database, close };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** An embedded database that is open already; closing this closes it. */
export function fromPglite(client: PGlite, logger: QueryLogger): OpenDatabase {
  const db = drizzlePglite(client, { schema, logger });
  return {
    db: db as unknown as Database,
    kind: "embedded",
    ping: async () => void (await db.execute(sql`select 1`)),
    close: () => client.close(),
  };
}
