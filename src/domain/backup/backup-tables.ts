import { type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Database, Transaction } from "../../db/open.js";
import { rowsOf } from "../../db/run-sql.js";
import * as schema from "../../db/schema.js";

/** A table as it is written out: every column, in an order that is the same on every database. */
export interface BackupTable {
  name: string;
  /** Rows as JSON texts, in order. */
  rows: SQL;
  /** About how many characters each of them has, in the same order. */
  sizes: SQL;
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
  const inOrder = sql.raw(`order by ${order.join(", ")}`);
  const from = sql`(select ${quoted} from ${table} ${inOrder})`;
  const characters = columns.map((column) =>
    // Bytes are written as two digits each; to ask how many there are does not read them.
    column.getSQLType() === "bytea"
      ? `2 * coalesce(octet_length("${column.name}"), 0)`
      : `coalesce(octet_length("${column.name}"::text), 0)`,
  );
  return {
    name,
    // PostgreSQL writes and reads the values itself, in JSON, on a line each: no driver comes between.
    rows: sql`select row_to_json(ordered)::text as line from ${from} as ordered`,
    sizes: sql`select ${sql.raw(characters.join(" + "))} as size from ${table} ${inOrder}`,
    insert: (rows) => sql`
      insert into ${table} (${quoted})
      select ${quoted} from json_populate_recordset(null::${table}, ${`[${rows.join(",")}]`}::text::json)`,
  };
});

/** Lines that are asked for at a time hold about so many characters, or are one. */
const BATCH_CHARS = 4 * 1024 * 1024;
/** Of sizes, which are asked for first. */
const SIZES_A_TIME = 2_000;

/** How many rows of these sizes are asked for at a time, in order. */
export function* batchesOf(sizes: readonly number[]): Generator<number> {
  let [rows, chars] = [0, 0];
  for (const size of sizes) {
    if (rows > 0 && chars + size > BATCH_CHARS) {
      yield rows;
      [rows, chars] = [0, 0];
    }
    rows++;
    chars += size;
  }
  if (rows > 0) yield rows;
}

/** Reads a table in batches of bounded size, within a transaction: one row may be a million times as long as another. */
export async function* readRows(tx: Transaction, { rows, sizes }: BackupTable): AsyncGenerator<string[]> {
  await tx.execute(sql`declare backup_sizes no scroll cursor for ${sizes}`);
  await tx.execute(sql`declare backup_rows no scroll cursor for ${rows}`);
  const fetch = async (count: number, cursor: string) =>
    rowsOf(await tx.execute(sql.raw(`fetch forward ${count} from ${cursor}`)));
  for (;;) {
    const next = await fetch(SIZES_A_TIME, "backup_sizes");
    if (!next.length) break;
    for (const count of batchesOf(next.map(({ size }) => Number(size)))) {
      yield (await fetch(count, "backup_rows")).map(({ line }) => String(line));
    }
  }
  await tx.execute(sql.raw("close backup_rows"));
  await tx.execute(sql.raw("close backup_sizes"));
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
export async function setUtc(tx: Transaction): Promise<void> {
  await tx.execute(sql`set local time zone 'UTC'`);
}
