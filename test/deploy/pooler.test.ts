import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { greetingOf } from "../../src/db/broken-connections.js";
import { sampleAnalysis, startBackend } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { pgbouncerProgram, startPgBouncer } from "../support/pgbouncer.js";

/** Of about 73 queries each. */
const ROUNDS = process.env.LONG_TESTS ? 150 : 8;

test.skipIf(!hasPostgres || !pgbouncerProgram).each([
  ["nothing", "extra_float_digits", []],
  ["the padding", "extra_float_digits,peg.padding", ["peg.padding"]],
  [
    "all of it",
    "extra_float_digits,peg.padding,client_connection_check_interval",
    ["peg.padding", "client_connection_check_interval"],
  ],
])("a pooler that takes %s of what is said at first is told no more than that", async (_, ignored, said) => {
  const database = await createTestDatabase();
  const pooler = await startPgBouncer(database.url, "session", ignored);
  try {
    expect(Object.keys(await greetingOf(pooler.url))).toEqual(said);
  } finally {
    await pooler.stop();
    await database.drop();
  }
});

describe.skipIf(!hasPostgres || !pgbouncerProgram)("through PgBouncer in transaction mode", () => {
  test("two backends serve, hear of each other's changes, and no statement is missing or there twice (D5)", {
    timeout: 120_000,
  }, async () => {
    const database = await createTestDatabase();
    const pooler = await startPgBouncer(database.url);
    const env = {
      DATABASE_URL: pooler.url,
      DATABASE_LISTEN_URL: database.url,
      RATE_LIMIT_GET: "100000/1m",
      RATE_LIMIT_ALL: "100000/1m",
    };
    const [first, second] = [await startBackend(env), await startBackend(env)];
    try {
      const clients = [await first.clientOf("anna"), await second.clientOf("anna")] as const;
      const client = (i: number) => clients[i % 2 ? 1 : 0];
      const ids = await Promise.all(
        Array.from({ length: 6 }, async (_, i) => {
          const { id } = await client(i + 1).analysis.create.mutate(sampleAnalysis());
          await client(i).pegComparison.get.query({ id });
          return id;
        }),
      );
      // Errors of any kind reject: 26000 and 42P05 among them.
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all(
          ids.flatMap((id, i) => [
            client(i).pegComparison.get.query({ id, cache_ttl: 0 }),
            client(i + 1).analysis.list.query({}),
            client(i).permission.grant.mutate({ id, user_id: `user-${round}`, permission_type: "read" }),
          ]),
        );
      }
      expect(first.queries.length + second.queries.length).toBeGreaterThan(70 * ROUNDS);

      const id = ids[0] as string;
      const task = await clients[0].pegComparison.recompute.mutate({ id });
      await expect
        .poll(
          async () => (await clients[1].pegComparison.status.query({ id, task_id: task.task_id })).status,
          {
            timeout: 15_000,
          },
        )
        .toBe("COMPLETED");
      const bob = await second.clientOf("bob");
      await clients[0].permission.grant.mutate({ id, user_id: "bob", permission_type: "read" });
      await bob.pegComparison.get.query({ id });
      await clients[0].permission.revoke.mutate({ id, user_id: "bob", permission_type: "read" });
      await expect(bob.pegComparison.get.query({ id })).rejects.toMatchObject({
        data: { error: { code: "PERMISSION_DENIED" } },
      });
      const sql = postgres(pooler.url, { max: 1, prepare: false });
      expect((await sql`select count(*)::int as n from analysis_results`)[0]?.n).toBe(6);
      await sql.end();
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await pooler.stop();
      await database.drop();
    }
  });
});

describe.skipIf(!hasPostgres || !pgbouncerProgram)("through PgBouncer in session mode", () => {
  test("a backend serves and hears with one address, though the pooler refuses words that it does not know", async () => {
    const database = await createTestDatabase();
    const pooler = await startPgBouncer(database.url, "session");
    const backend = await startBackend({ DATABASE_URL: pooler.url });
    try {
      const anna = await backend.clientOf("anna");
      const { id } = await anna.analysis.create.mutate(sampleAnalysis());
      expect((await anna.pegComparison.get.query({ id })).status).toBe("COMPLETED");
      await expect.poll(() => backend.runtime.services.changes.hearing()).toBe(true);
    } finally {
      await backend.stop();
      await pooler.stop();
      await database.drop();
    }
  });
});
