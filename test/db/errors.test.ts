import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isBroken, isDatabaseAway, isUniqueViolation } from "../../src/db/errors.js";
import { type OpenDatabase, openDatabase } from "../../src/db/open.js";
import { userAnalysisPermissions } from "../../src/db/schema.js";
import { DATABASES, type TestWorld } from "../domain/fixtures.js";
import { createTestDatabase, hasPostgres, type TestDatabase } from "../support/database.js";
import { freePort } from "../support/process.js";

/** What a piece of work fails with. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome === undefined) throw new Error("it did not fail");
  return outcome;
}

const verdictOn = (error: unknown) => ({ away: isDatabaseAway(error), unique: isUniqueViolation(error) });
const UNIQUE = { away: false, unique: true };
const AWAY = { away: true, unique: false };
const NEITHER = { away: false, unique: false };

describe.each(DATABASES)("errors of $kind", ({ here, open }) => {
  describe.skipIf(!here)("as they come", () => {
    let database: TestWorld;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database.close());

    const grant = { userId: "u", analysisId: "a", permissionType: "read", grantedBy: "g" } as const;

    test("a row that is there already is a unique violation, by query and in a transaction", async () => {
      const { db } = database;
      await db.insert(userAnalysisPermissions).values(grant);
      expect(verdictOn(await failureOf(db.insert(userAnalysisPermissions).values(grant)))).toEqual(UNIQUE);
      const within = db.transaction(async (tx) => {
        await tx.insert(userAnalysisPermissions).values(grant);
      });
      expect(verdictOn(await failureOf(within))).toEqual(UNIQUE);
    });

    test.each([
      ["a wrong statement", sql`select no_such_column from user_analysis_permissions`],
      ["a missing table", sql`select 1 from no_such_table`],
      ["a missing value", sql`insert into user_analysis_permissions (user_id) values ('u')`],
      ["a value that does not fit", sql`select 'x'::integer`],
      ["a division by zero", sql`select 1 / 0`],
    ])("%s is neither", async (_, statement) => {
      expect(verdictOn(await failureOf(database.db.execute(statement)))).toEqual(NEITHER);
    });

    test.each(["40001", "40P01"])("what lost to another transaction (%s) is away for now", async (code) => {
      const lost = sql.raw(`do $$ begin raise exception 'lost' using errcode = '${code}'; end $$`);
      expect(verdictOn(await failureOf(database.db.execute(lost)))).toEqual(AWAY);
    });

    test("a write where only reading is allowed, as after a failover, is away", async () => {
      const write = database.db.transaction(
        async (tx) => {
          await tx.insert(userAnalysisPermissions).values({ ...grant, userId: "u2" });
        },
        { accessMode: "read only" },
      );
      expect(verdictOn(await failureOf(write))).toEqual(AWAY);
    });
  });
});

describe("a PostgreSQL that cannot be reached", () => {
  const pinged = async (url: string) => {
    const database = await openDatabase({ url, dataDir: "memory://" });
    try {
      return verdictOn(await failureOf(database.ping()));
    } finally {
      await database.close();
    }
  };

  test("refuses the connection: away", async () => {
    expect(await pinged(`postgres://user:secret@127.0.0.1:${await freePort()}/none`)).toEqual(AWAY);
  });

  test("has no address: away", async () => {
    expect(await pinged("postgres://user:secret@no-such-host.invalid:5432/none")).toEqual(AWAY);
  });
});

describe.skipIf(!hasPostgres)("a PostgreSQL that goes away", () => {
  let server: TestDatabase;
  let database: OpenDatabase;
  beforeAll(async () => {
    server = await createTestDatabase();
    database = await openDatabase({ url: server.url, dataDir: "memory://" });
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  test("ends a session in the middle of a query: away, and served again after it", async () => {
    await database.ping();
    const sleeping = failureOf(database.db.execute(sql`select pg_sleep(30)`));
    await expect
      .poll(async () => {
        const ended = await database.db.execute(
          sql`select pg_terminate_backend(pid) from pg_stat_activity
              where query like '%pg_sleep%' and pid <> pg_backend_pid() and datname = current_database()`,
        );
        return (ended as unknown as unknown[]).length;
      })
      .toBe(1);
    expect(verdictOn(await sleeping)).toEqual(AWAY);
    await database.ping();
  });
});

describe("what is no error of a database", () => {
  test.each([
    undefined,
    null,
    "57P01",
    { code: "57P01" },
    new Error("57P01"),
    Object.assign(new Error("x"), { code: 57 }),
  ])("%j is neither", (error) => {
    expect(verdictOn(error)).toEqual(NEITHER);
  });

  test("a chain of causes is followed, and one that runs in a circle comes to an end", () => {
    const circular: Error & { cause?: unknown } = new Error("a");
    circular.cause = circular;
    expect(verdictOn(circular)).toEqual(NEITHER);
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    expect(verdictOn(new Error("outer", { cause: new Error("inner", { cause }) }))).toEqual(AWAY);
  });
});

test.each(["CONNECTION_CLOSED", "ECONNRESET", "57P01", "25P03"])(
  "a statement that ended with its session (%s) is broken, and the database away",
  (code) => {
    const error = new Error("Failed query", { cause: Object.assign(new Error("ended"), { code }) });
    expect([isBroken(error), isDatabaseAway(error)]).toEqual([true, true]);
  },
);

test.each(["53000", "53100", "53200", "58030", "EMFILE", "ENFILE"])(
  "a database that lacks room, memory or files (%s) is away, and no statement is asked again",
  (code) => {
    const error = new Error("Failed query", { cause: Object.assign(new Error("no room"), { code }) });
    expect([isBroken(error), isDatabaseAway(error)]).toEqual([false, true]);
  },
);
