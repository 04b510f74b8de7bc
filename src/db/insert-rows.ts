import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Database } from "./open.js";
import { textArray } from "./run-sql.js";

type Rows<TTable extends PgTable> = readonly TTable["$inferInsert"][];

/** A value as the text that PostgreSQL reads it from. */
function textOf(column: PgColumn, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  return String(column.mapToDriverValue(value));
}

/** Between texts, and for one that is not there: control characters, which JSON text does not hold as they are. */
const BETWEEN = "\u001e";
const NONE = "\u001f";

/**
 * Many texts as one parameter. PostgreSQL splits it in a fraction of the time that it takes to read its own notation
 * of a list, in which each quote is escaped; that is for what holds the characters themselves.
 */
function textList(texts: readonly (string | null)[]): SQL {
  const joined = texts.map((text) => text ?? NONE).join(BETWEEN);
  const isPlain =
    joined !== "" && texts.every((text) => text === null || !(text.includes(BETWEEN) || text.includes(NONE)));
  return isPlain
    ? sql`string_to_array(${joined}::text, ${BETWEEN}::text, ${NONE}::text)`
    : sql`${textArray(texts)}::text::text[]`;
}

/** Inserts batch after batch: one is written out here while PostgreSQL reads the one before. */
export async function insertBatches<TTable extends PgTable>(
  db: Database,
  table: TTable,
  batches: Iterable<Rows<TTable>>,
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
  rows: Rows<TTable>,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns: Record<string, PgColumn> = getTableColumns(table);
  const filled = Object.entries(columns).filter(([name]) => name in first);
  const names = filled.map(([, column]) => sql.identifier(column.name));
  const lists = filled.map(([name, column]) => {
    const texts = rows.map((row) => textOf(column, (row as Record<string, unknown>)[name]));
    // Within a select of its own it is read once: the planner, to guess how long it is, would read it as well.
    return sql`(select ${textList(texts)})`;
  });
  // Lists of texts, and each text made what it is by itself: a list of JSON, say, is built first and then taken apart.
  const values = filled.map(
    ([, column]) => sql`${sql.identifier(column.name)}::${sql.raw(column.getSQLType())}`,
  );
  const [into, given, as] = [names, lists, values].map((parts) => sql.join(parts, sql`, `));
  await db.execute(sql`insert into ${table} (${into}) select ${as} from unnest(${given}) as texts (${into})`);
}
