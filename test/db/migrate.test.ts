import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { migrateDatabase } from "../../src/db/migrate.js";
import { type Database, type OpenDatabase, openDatabase } from "../../src/db/open.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";

const migrationsFolder = fileURLToPath(new URL("../../drizzle", import.meta.url));

interface Journal {
  entries: { tag: string }[];
}
const journal = (folder: string) => join(folder, "meta", "_journal.json");
const readMigrations = () => (JSON.parse(readFileSync(journal(migrationsFolder), "utf8")) as Journal).entries;

/** A copy of the migrations, as they were before one of them came. */
function before(tag: string): string {
  const folder = mkdtempSync(join(tmpdir(), "peg-migrations-"));
  closers.push(async () => rmSync(folder, { recursive: true }));
  cpSync(migrationsFolder, folder, { recursive: true });
  const all = JSON.parse(readFileSync(journal(folder), "utf8")) as Journal;
  const at = all.entries.findIndex((entry) => entry.tag === tag);
  if (at === -1) throw new Error(`no migration is called ${tag}`);
  const entries = all.entries.slice(0, at);
  writeFileSync(journal(folder), JSON.stringify({ ...all, entries }));
  return folder;
}

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An empty database; every call of `connect` is another process's connection to it. */
interface Empty {
  connect(): Promise<OpenDatabase>;
  url?: string;
}

async function emptyEmbedded(): Promise<Empty> {
  const database = await openDatabase({ dataDir: "memory://" });
  closers.push(() => database.close());
  return { connect: async () => database };
}

async function emptyPostgres(): Promise<Empty> {
  const { url, drop } = await createTestDatabase();
  closers.push(drop);
  return {
    url,
    connect: async () => {
      const database = await openDatabase({ url, dataDir: "memory://" });
      closers.push(() => database.close());
      return database;
    },
  };
}

async function rowsOf<T>(db: Database, statement: SQL): Promise<T[]> {
  const result = (await db.execute(statement)) as unknown;
  return (Array.isArray(result) ? [...result] : (result as { rows: unknown[] }).rows) as T[];
}

interface Column {
  table_name: string;
  column_name: string;
  type: string;
  nullable: boolean;
  default: string | null;
}

const columnsOf = (db: Database) =>
  rowsOf<Column>(
    db,
    sql`select table_name, column_name,
          data_type || coalesce('(' || character_maximum_length || ')', '') as type,
          is_nullable = 'YES' as nullable, column_default as default
        from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position`,
  );
const indexesOf = (db: Database) =>
  rowsOf<{ tablename: string; indexname: string; indexdef: string }>(
    db,
    sql`select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by tablename, indexname`,
  );
const migrationsOf = (db: Database) => rowsOf<object>(db, sql`select * from drizzle.__drizzle_migrations`);

async function migrated(empty: Empty): Promise<Database> {
  const database = await empty.connect();
  await migrateDatabase(database, { migrationsFolder, url: empty.url });
  return database.db;
}

const required = (type: string, byDefault: string | null = null) => ({
  type,
  nullable: false,
  default: byDefault,
});
const filled = { type: "timestamp with time zone", nullable: true, default: "now()" };
const id = required("uuid", "gen_random_uuid()");
const text255 = required("character varying(255)");
const json = required("jsonb");

/** The tables of the product's guide, word for word; ours may have more columns. */
const PRODUCT_TABLES: Record<string, Record<string, Omit<Column, "table_name" | "column_name">>> = {
  peg_comparison_results: {
    id,
    analysis_id: text255,
    peg_name: text255,
    weight: required("integer"),
    n1_period_data: json,
    n_period_data: json,
    comparison_data: json,
    metadata: json,
    calculated_at: filled,
    created_at: filled,
    updated_at: filled,
  },
  peg_comparison_summaries: {
    id,
    analysis_id: text255,
    summary_data: json,
    analysis_metadata: json,
    calculated_at: filled,
    created_at: filled,
  },
  user_analysis_permissions: {
    id,
    user_id: text255,
    analysis_id: text255,
    permission_type: required("character varying(50)"),
    granted_at: filled,
    granted_by: text255,
    expires_at: { type: "timestamp with time zone", nullable: true, default: null },
    created_at: filled,
  },
};

const PRODUCT_INDEXES = {
  idx_peg_comparison_analysis_id: "INDEX ON peg_comparison_results (analysis_id)",
  idx_peg_comparison_peg_name: "INDEX ON peg_comparison_results (peg_name)",
  idx_peg_comparison_calculated_at: "INDEX ON peg_comparison_results (calculated_at)",
  idx_peg_summary_analysis_id: "INDEX ON peg_comparison_summaries (analysis_id)",
  idx_peg_summary_calculated_at: "INDEX ON peg_comparison_summaries (calculated_at)",
  idx_user_permissions_user_id: "INDEX ON user_analysis_permissions (user_id)",
  idx_user_permissions_analysis_id: "INDEX ON user_analysis_permissions (analysis_id)",
  idx_user_permissions_unique:
    "UNIQUE INDEX ON user_analysis_permissions (user_id, analysis_id, permission_type)",
};

/** `CREATE UNIQUE INDEX name ON public.t USING btree (a, b)` without what is the same for all. */
const shortOf = (indexdef: string) =>
  indexdef
    .replace(/^CREATE /, "")
    .replace(/INDEX \S+ ON public\./, "INDEX ON ")
    .replace(" USING btree", "");

describe.each([
  { kind: "PGlite", here: true, empty: emptyEmbedded },
  { kind: "PostgreSQL", here: hasPostgres, empty: emptyPostgres },
])("migration of $kind", ({ here, empty }) => {
  describe.skipIf(!here)("from nothing", () => {
    let from: Empty;
    beforeAll(async () => {
      from = await empty();
    });

    test.each(Object.entries(PRODUCT_TABLES))("makes the product's table %s", async (table, columns) => {
      const own = (await columnsOf(await migrated(from))).filter((column) => column.table_name === table);
      const found = Object.fromEntries(
        own.map(({ column_name, type, nullable, default: byDefault }) => [
          column_name,
          { type, nullable, default: byDefault },
        ]),
      );
      expect(found).toMatchObject(columns);
      // Whoever writes the product's columns alone must not fail for one of ours that has to be given.
      expect(Object.keys(columns).filter((name) => !(name in found))).toEqual([]);
    });

    test("makes the product's indexes, keys and unique columns", async () => {
      const indexes = await indexesOf(await migrated(from));
      const found = Object.fromEntries(
        indexes.map(({ indexname, indexdef }) => [indexname, shortOf(indexdef)]),
      );
      expect(found).toMatchObject(PRODUCT_INDEXES);
      const definitions = Object.values(found);
      for (const table of Object.keys(PRODUCT_TABLES))
        expect(definitions).toContain(`UNIQUE INDEX ON ${table} (id)`);
      expect(definitions).toContain("UNIQUE INDEX ON peg_comparison_summaries (analysis_id)");
    });

    test("D9: run twice changes nothing", async () => {
      const db = await migrated(from);
      const before = [await columnsOf(db), await indexesOf(db), await migrationsOf(db)];
      await migrated(from);
      expect([await columnsOf(db), await indexesOf(db), await migrationsOf(db)]).toEqual(before);
      expect(before[2]?.length).toBeGreaterThan(0);
    });

    test("keeps what was stored before it was run again", async () => {
      const db = await migrated(from);
      await db.execute(sql`insert into user_analysis_permissions (user_id, analysis_id, permission_type, granted_by)
        values ('u', 'a', 'read', 'g')`);
      await migrated(from);
      expect(await rowsOf(db, sql`select user_id from user_analysis_permissions`)).toEqual([
        { user_id: "u" },
      ]);
    });
  });
});

describe.skipIf(!hasPostgres)("migration of PostgreSQL", { timeout: 60_000 }, () => {
  test("D9: from four processes at once is run once", async () => {
    const from = await emptyPostgres();
    const databases = await Promise.all(Array.from({ length: 4 }, () => from.connect()));
    await Promise.all(
      databases.map((database) => migrateDatabase(database, { migrationsFolder, url: from.url })),
    );
    const db = databases[0]?.db;
    if (!db) throw new Error("four databases");
    const alone = await migrated(await emptyPostgres());
    expect(await migrationsOf(db)).toHaveLength((await migrationsOf(alone)).length);
    expect(await columnsOf(db)).toEqual(await columnsOf(alone));
  });

  test("gives its lock back, also where it fails", async () => {
    const from = await emptyPostgres();
    const database = await from.connect();
    await expect(
      migrateDatabase(database, { migrationsFolder: "no-such-folder", url: from.url }),
    ).rejects.toThrow();
    await migrateDatabase(database, { migrationsFolder, url: from.url });
    expect(
      await rowsOf(
        database.db,
        sql`select 1 from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database())`,
      ),
    ).toEqual([]);
  });

  test("waits for whoever reads a table, and lets others read it meanwhile", async () => {
    const from = await emptyPostgres();
    const database = await from.connect();
    await migrateDatabase(database, { migrationsFolder: before("0002_judge"), url: from.url });
    const reader = await from.connect();
    const others = await from.connect();
    const patience = { lockWaitMs: 500, pauseMs: 100 };
    let migrating: Promise<void> | undefined;
    await reader.db.transaction(async (tx) => {
      await tx.execute(sql`lock table peg_comparison_results in access share mode`);
      const impatient = { ...patience, giveUpMs: 0 };
      const tried = migrateDatabase(database, { migrationsFolder, url: from.url, patience: impatient });
      await expect(tried).rejects.toThrow(/something else uses one of them.*start again/);
      migrating = migrateDatabase(database, { migrationsFolder, url: from.url, patience });
      // The change, a new column, waits for its lock, and gives its place up to those who come behind it.
      await vi.waitFor(
        async () => {
          const waiting = sql`select 1 from pg_locks where mode = 'AccessExclusiveLock' and not granted`;
          expect(await rowsOf(others.db, waiting)).toHaveLength(1);
        },
        { timeout: 30_000 },
      );
      await others.db.execute(sql`select 1 from peg_comparison_results limit 1`);
    });
    await migrating;
    expect(await migrationsOf(database.db)).toHaveLength(readMigrations().length);
  });

  test("has rows of comparisons stored as they are, up to a page", async () => {
    for (const db of [await migrated(await emptyEmbedded()), await migrated(await emptyPostgres())]) {
      const options = sql`select reloptions::text as options from pg_class where relname = 'peg_comparison_results'`;
      expect(await rowsOf(db, options)).toEqual([{ options: "{toast_tuple_target=8160}" }]);
    }
  });

  test("P11: makes the same tables and indexes as of PGlite", async () => {
    const [embedded, postgres] = [
      await migrated(await emptyEmbedded()),
      await migrated(await emptyPostgres()),
    ];
    expect(await columnsOf(postgres)).toEqual(await columnsOf(embedded));
    expect(await indexesOf(postgres)).toEqual(await indexesOf(embedded));
  });
});
