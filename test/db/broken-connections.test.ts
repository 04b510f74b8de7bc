import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDatabaseAway } from "../../src/db/errors.js";
import { type OpenDatabase, openDatabase } from "../../src/db/open.js";
import { createTestDatabase, POSTGRES_WAYS, type TestDatabase } from "../support/database.js";
import { openWay, type TcpWay, through } from "../support/tcp-way.js";

/** More than the pool holds. */
const AT_ONCE = 12;
const ROUNDS = 30;
const SOON_MS = 4_000;

/** How work ended, or that it did not. */
async function endOf(work: Promise<unknown>): Promise<"done" | "away" | "other" | "hangs"> {
  const ended = work.then(
    () => "done" as const,
    (error: unknown) => (isDatabaseAway(error) ? ("away" as const) : ("other" as const)),
  );
  return Promise.race([ended, sleep(SOON_MS, "hangs" as const, { ref: false })]);
}

// An exception that nobody can catch fails the run.
describe.each(POSTGRES_WAYS)("connections to PostgreSQL, $way,", ({ query, here }) => {
  describe.skipIf(!here)("that break", () => {
    let server: TestDatabase;
    let way: TcpWay;
    let database: OpenDatabase;
    beforeAll(async () => {
      server = await createTestDatabase();
      way = await openWay(Number(new URL(server.url).port));
      database = await openDatabase({ url: through(server.url, way) + query, dataDir: "memory://" });
      await database.db.execute(sql`create table written (what text)`);
    });
    afterAll(async () => {
      await database?.close();
      await way?.stop();
      await server?.drop();
    });

    test.each([
      { name: "goes on", after: () => undefined },
      {
        name: "is rolled back",
        after: () => {
          throw new Error("given up");
        },
      },
    ])(
      "between two statements of a transaction that then $name end it, and nothing else",
      async ({ after }) => {
        const running = database.db.transaction(async (tx) => {
          await tx.execute(sql`insert into written values ('before')`);
          way.cut();
          await sleep(100);
          after();
          await tx.execute(sql`insert into written values ('after')`);
        });
        expect(await endOf(running)).toBe("away");
        await sleep(20);
        const { rows } = await database.run("select what from written", []);
        expect(rows).toEqual([]);
      },
    );

    test("let no statement of the transaction run outside of it, once they are there again", async () => {
      let begin = (_: Promise<unknown>): void => {};
      const late = new Promise<unknown>((resolve) => {
        begin = resolve;
      });
      const running = database.db.transaction(async (tx) => {
        way.cut();
        await sleep(100);
        // Each has a connection again.
        await Promise.all(Array.from({ length: AT_ONCE }, () => database.run("select pg_sleep(0.05)", [])));
        const insert = tx.execute(sql`insert into written values ('late')`);
        begin(Promise.resolve(insert));
        await insert;
      });
      expect(await endOf(running)).toBe("away");
      expect(await endOf(late)).toBe("away");
      expect((await database.run("select what from written", [])).rows).toEqual([]);
    });

    test("again and again, while they are used in every way, leave nothing that hangs", {
      timeout: 120_000,
    }, async () => {
      const uses = [
        () => database.run("select 1", []),
        () => database.run("select 1; select 2"),
        () =>
          database.db.transaction(async (tx) => {
            for (let i = 0; i < 3; i++) await tx.execute(sql`select ${"x"}::text`);
          }),
      ];
      const ends: Record<string, number> = {};
      for (let round = 0; round < ROUNDS; round++) {
        const all = Array.from({ length: AT_ONCE }, (_, i) =>
          endOf(uses[i % uses.length]?.() as Promise<unknown>),
        );
        await sleep(round % 8);
        way.cut();
        for (const [i, end] of (await Promise.all(all)).entries()) {
          const what = `${i % uses.length} ${end}`;
          ends[what] = (ends[what] ?? 0) + 1;
        }
      }
      expect(
        Object.keys(ends).filter((what) => /other|hangs/.test(what)),
        JSON.stringify(ends),
      ).toEqual([]);
      const after = Array.from({ length: AT_ONCE }, () => endOf(database.run("select pg_sleep(0.01)", [])));
      expect(new Set(await Promise.all(after))).toEqual(new Set(["done"]));
    });
  });
});
