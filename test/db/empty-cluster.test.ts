import type { PGlite } from "@electric-sql/pglite";
import { afterAll, expect, test } from "vitest";
import { fromPglite } from "../../src/db/embedded.js";
import { archiveCluster, startCluster } from "../../src/db/empty-cluster.js";
import { createLogger } from "../../src/log.js";
import { migrateAll } from "../../src/stores.js";

const open: PGlite[] = [];
afterAll(() => Promise.all(open.map((client) => client.close())));

const migrate = (client: PGlite) => migrateAll(fromPglite(client, false), createLogger("silent"));

async function start(archive?: Blob): Promise<PGlite> {
  const client = await startCluster("memory://", archive);
  open.push(client);
  return client;
}

/** What stands in the schemas of ours and of the queue, without rows. */
async function describeSchemas(client: PGlite): Promise<unknown[]> {
  const texts = [
    `select table_schema, table_name, column_name, data_type, column_default, is_nullable
     from information_schema.columns where table_schema in ('public', 'pgboss', 'drizzle') order by 1, 2, 3`,
    `select schemaname, tablename, indexname, indexdef from pg_indexes
     where schemaname in ('public', 'pgboss', 'drizzle') order by 1, 2, 3`,
    `select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
     where connamespace::regnamespace::text in ('public', 'pgboss', 'drizzle') order by 1, 2`,
    "select name, retry_limit, dead_letter from pgboss.queue order by 1",
    "select hash, created_at from drizzle.__drizzle_migrations order by id",
  ];
  const described: unknown[] = [];
  for (const text of texts) described.push((await client.query(text)).rows);
  return described;
}

test("a cluster that is kept has what migrations make of a new one, and no rows", async () => {
  const kept = await start(await archiveCluster(migrate));
  const fresh = await start();
  await migrate(fresh);
  const described = await describeSchemas(kept);
  expect(described.every((rows) => (rows as unknown[]).length > 0)).toBe(true);
  expect(described).toEqual(await describeSchemas(fresh));

  const { rows } = await kept.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  expect(rows.length).toBeGreaterThan(5);
  for (const { name } of rows) expect((await kept.query(`select 1 from "${name}"`)).rows).toEqual([]);
});

test("one of before the last migrations is brought up to date", async () => {
  const old = await start(await archiveCluster(async () => {}));
  await migrate(old);
  expect((await old.query("select 1 from analysis_results")).rows).toEqual([]);
});
