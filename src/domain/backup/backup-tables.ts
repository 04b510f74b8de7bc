import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Database } from "../../db/open.js";
import { rowsOf } from "../../db/run-sql.js";
import * as schema from "../../db/schema.js";

/** A table as it is written out: every column, in an order that is the same on every database. */
export interface BackupTable {
  name: string;
  /** Rows as JSON texts, in order. */
  rows: SQL;
  insert(rows: readonly string[]): SQL;
}

/** In this order: a row comes after those that it refers to. The jobs of pg-boss are made anew from the tasks. */
const TABLES: readonly [table: PgTable, ...key: string[]][] = [
  [schema.analysisResults, "id"],
  [schema.analysisSamples, "analysis_id", "revision", "series", "piece"],
  [schema.pegComparisonResults, "id"],
  [schema.pegComparisonSummaries, "id"],
  [schema.userAnalysisPermissions, "id"],
  [schema.pegComparisonTasks, "id"],
  [schema.auditLog, "id"],
];

export const BACKUP_TABLES: readonly BackupTable[] = TABLES.map(([table, ...key]) => {
  const { name, columns } = getTableConfig(table);
  const quoted = sql.raw(columns.map((column) => `"${column.name}"`).join(", "));
  const order = key.map((column) => {
    const isText = columns
      .find(({ name }) => name === column)
      ?.getSQLType()
      .startsWith("varchar");
    // A database may sort texts by any language; by their bytes all sort alike.
    return isText ? `"${column}" collate "C"` : `"${column}"`;
  });
  const from = sql`(select ${quoted} from ${table} order by ${sql.raw(order.join(", "))})`;
  return {
    name,
    // PostgreSQL writes and reads the values itself, in JSON, on a line each: no driver comes between.
    rows: sql`select row_to_json(ordered)::text as line from ${from} as ordered`,
    insert: (rows) => sql`
      insert into ${table} (${quoted})
      select ${quoted} from json_populate_recordset(null::${table}, ${`[${rows.join(",")}]`}::text::json)`,
  };
});

/** Lines that are asked for at a time hold about so many characters. */
const BATCH_CHARS = 4 * 1024 * 1024;
const MAX_BATCH_ROWS = 2_000;
const FIRST_BATCH_ROWS = 16;

/** Reads a table in batches of bounded size, within a transaction. */
export async function* readRows(tx: Database, { rows }: BackupTable): AsyncGenerator<string[]> {
  await tx.execute(sql`declare backup_rows no scroll cursor for ${rows}`);
  for (let size = FIRST_BATCH_ROWS; ; ) {
    const batch = rowsOf(await tx.execute(sql.raw(`fetch forward ${size} from backup_rows`)));
    if (!batch.length) break;
    const lines = batch.map(({ line }) => String(line));
    yield lines;
    const chars = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
    size = Math.max(1, Math.min(MAX_BATCH_ROWS, Math.floor(BATCH_CHARS / chars)));
  }
  await tx.execute(sql.raw("close backup_rows"));
}

/** Which migration a database is at, as a word that grows; undefined where it never had one. */
export async function schemaOf(db: Database): Promise<string | undefined> {
  const [known] = rowsOf(await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') as found`));
  if (!known?.found) return undefined;
  const [last] = rowsOf(
    await db.execute(sql`select max(created_at)::text as word from drizzle.__drizzle_migrations`),
  );
  return typeof last?.word === "string" ? last.word : undefined;
}

/** Has times written in one zone. */
export async function setUtc(tx: Database): Promise<void> {
  await tx.execute(sql`set local time zone 'UTC'`);
}
