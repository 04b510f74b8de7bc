import { sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { answeringClient } from "./answering-client.js";
import { breakingWell, greetingOf, guardedClient } from "./broken-connections.js";
import { type DeadlineOptions, Deadlines } from "./deadlines.js";
import { counted, countPostgres, type PoolUse } from "./pool-use.js";
import { rowsOf, type SqlRunner, sqlValue } from "./run-sql.js";
import * as schema from "./schema.js";
import { openTexts } from "./texts.js";

/** PostgreSQL, wherever it runs: the same schema and the same queries. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** The same within a transaction. A database is none: whatever takes one of these cannot be asked beside it. */
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];

export interface OpenDatabase {
  db: Database;
  /** The same for those whom nobody waits for: they may wait for a lock longer than a request. */
  patient?: Database;
  /** An embedded database belongs to one process; a PostgreSQL may be shared by many. */
  kind: "embedded" | "postgres";
  /** Outside of any transaction; a text without values may hold several statements. */
  run: SqlRunner;
  /** Hears what is announced in an embedded database, which has no other way to be listened to. */
  listen?(channel: string, onMessage: (payload: string) => void): Promise<() => Promise<void>>;
  /** How busy its connections are. */
  pool: Readonly<PoolUse>;
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
  /** Whether all that is asked is answered in seconds or fails, as requests want it and long work does not. */
  hurried?: DeadlineOptions | undefined;
  /** Told of every query, for counting. */
  onQuery?: ((text: string) => void) | undefined;
}

const CONNECT_TIMEOUT_S = 5;
const MAX_CONNECTIONS = 10;
const PATIENT_MS = 60_000;

/**
 * Opens the database; the caller migrates it.
 *
 * @throws DataDirLockedError where another process holds the data directory
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { onQuery } = options;
  const logger = onQuery ? { logQuery: (text: string) => onQuery(text) } : false;
  if (options.url) return openPostgres({ ...options, url: options.url }, logger);
  // Its engine takes a tenth of a second to load: only where it is needed.
  const { openEmbedded } = await import("./embedded.js");
  return openEmbedded(options.dataDir, logger);
}

export type QueryLogger = false | { logQuery(text: string): void };

async function openPostgres(
  options: DatabaseOptions & { url: string },
  logger: QueryLogger,
): Promise<OpenDatabase> {
  const { url, pooled = false, hurried } = options;
  const deadlines = new Deadlines(hurried);
  const settings = {
    connect_timeout: CONNECT_TIMEOUT_S,
    prepare: !pooled,
    onnotice: () => {},
    connection: { application_name: "peg-comparison-bff", ...(pooled ? {} : await greetingOf(url)) },
  };
  const driver = postgres(url, { ...settings, ...breakingWell(url, deadlines.lines), max: MAX_CONNECTIONS });
  const client = guardedClient(hurried ? answeringClient(driver, deadlines) : driver);
  const texts = openTexts(url, settings, hurried);
  // A connection takes its time to open: those that a start needs one after the other open at once.
  if (hurried) void Promise.allSettled([driver.unsafe("select 1"), texts.run("select 1")]);
  const pool: PoolUse = { size: MAX_CONNECTIONS, inUse: 0 };
  const db = drizzle(countPostgres(client, pool), { schema, logger });
  const patientClient = guardedClient(answeringClient(driver, deadlines, PATIENT_MS));
  const patient = hurried ? drizzle(countPostgres(patientClient, pool), { schema, logger }) : db;
  return {
    db: db as unknown as Database,
    patient: patient as unknown as Database,
    kind: "postgres",
    run: async (text, values) => {
      const work = values ? client.unsafe(text, values.map(sqlValue)) : texts.run(text);
      return { rows: rowsOf(await counted(pool, work)) };
    },
    pool,
    ping: async () => void (await db.execute(sql`select 1`)),
    close: async () => void (await Promise.all([driver.end({ timeout: 5 }), texts.close()])),
  };
}
