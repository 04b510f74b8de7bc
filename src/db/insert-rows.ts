import { getTableColumns, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Database } from "./open.js";
import { textArray } from "./run-sql.js";

/** A value as the text that PostgreSQL reads it from. */
function textOf(column: PgColumn, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  return String(column.mapToDriverValue(value));
}

/** Inserts batch after batch: one is written out here while PostgreSQL reads the one before. */
export async function insertBatches<TTable extends PgTable>(
  db: Database,
  table: TTable,
  batches: Iterable<readonly TTable["$inferInsert"][]>,
): Promise<void> {
  let before: Promise<void> | undefined;
  for (const batch of batches) {
    const inserted = insertRows(db, table, batch);
    // Where the one before failed, nobody waits for this one.
    inserted.catch(() => undefined);
    await before;
    before = inserted;
  }
  await before;
}

/**
 * Inserts many rows in one statement, each column as one array: a parameter for each value of each row takes twice as
 * long, here and in PostgreSQL.
 *
 * @param rows all with values of the same columns; null for none
 */
export async function insertRows<TTable extends PgTable>(
  db: Database,
  table: TTable,
  rows: readonly TTable["$inferInsert"][],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns: Record<string, PgColumn> = getTableColumns(table);
  const filled = Object.entries(columns).filter(([name]) => name in first);
  const names = filled.map(([, column]) => sql.identifier(column.name));
  const lists = filled.map(([name, column]) => {
    const list = textArray(rows.map((row) => textOf(column, (row as Record<string, unknown>)[name])));
    // Within a select of its own it is read once: the planner, to guess how long it is, would read it as well.
    return sql`(select ${list}::text::text[])`;
  });
  // Lists of texts, and each text made what it is by itself: a list of JSON, say, is built first and then taken apart.
  const values = filled.map(
    ([, column]) => sql`${sql.identifier(column.name)}::${sql.raw(column.getSQLType())}`,
  );
  const [into, given, as] = [names, lists, values].map((parts) => sql.join(parts, sql`, `));
  await db.execute(sql`insert into ${table} (${into}) select ${as} from unnest(${given}) as texts (${into})`);
}
