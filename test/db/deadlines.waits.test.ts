import { eq, sql } from "drizzle-orm";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { listenForChanges } from "../../src/db/changes.js";
import { isDatabaseAway } from "../../src/db/errors.js";
import { type OpenDatabase, openDatabase } from "../../src/db/open.js";
import { auditLog } from "../../src/db/schema.js";
import { transact } from "../../src/db/transact.js";
import { migrateAll } from "../../src/stores.js";
import { startTcpProxy, type TcpProxy, through } from "../faults/tcp-proxy.js";
import { createTestDatabase, POSTGRES_WAYS, type TestDatabase } from "../support/database.js";

/** What a statement may take, by the design, and what a busy machine may add. */
const BUDGET_MS = 5_000 + 500;
/** The same of most tests here, which have no time. */
const ANSWER_MS = 1_000;
const SOON_MS = ANSWER_MS + 1_250;

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What became of it, and how long that took. */
async function timed(work: Promise<unknown>): Promise<{ ms: number; error?: unknown; value?: unknown }> {
  const began = performance.now();
  return work.then(
    (value) => ({ ms: performance.now() - began, value }),
    (error: unknown) => ({ ms: performance.now() - began, error }),
  );
}

// Most of it is waiting: for both ways at once.
describe.concurrent.each(POSTGRES_WAYS)("a database, $way,", ({ query, here }) => {
  describe.skipIf(!here).sequential("that is hurried", () => {
    let server: TestDatabase;
    let proxy: TcpProxy;
    let database: OpenDatabase;
    let beside: Sql;
    const closed: number[] = [];

    beforeAll(async () => {
      server = await createTestDatabase();
      proxy = await startTcpProxy({ port: Number(new URL(server.url).port) });
      const url = through(proxy, server.url) + query;
      database = await openDatabase({
        url,
        dataDir: "",
        hurried: { answerMs: ANSWER_MS, onSilence: (n) => closed.push(n) },
      });
      await migrateAll(database, silent, server.url);
      beside = postgres(server.url, { max: 2, onnotice: () => {} });
      await beside.unsafe("create table counted (id int primary key, n int not null)");
      await beside.unsafe("insert into counted values (1, 0)");
    });
    afterEach(async () => {
      await proxy.heal();
      closed.length = 0;
    });
    afterAll(async () => {
      await beside?.end({ timeout: 1 });
      await database?.close();
      await proxy?.stop();
      await server?.drop();
    });

    const select = (text: string) => database.db.execute(sql.raw(text));
    const numbers = () =>
      beside
        .unsafe("select n from counted where id = 1")
        .then(([row]) => (row as unknown as { n: number }).n);
    /** What the server works on, whoever asked for it. */
    const running = (part: string) =>
      beside.unsafe(
        "select 1 from pg_stat_activity where query like $1 and pid <> pg_backend_pid() and state <> 'idle'",
        [`%${part}%`],
      );
    const underWay = (part: string) =>
      vi.waitFor(async () => expect((await running(part)).length).toBeGreaterThan(0));

    test("D1: a statement whose connection became a black hole fails in five seconds, and the next one is answered", async () => {
      const real = await openDatabase({ url: through(proxy, server.url) + query, dataDir: "", hurried: {} });
      try {
        await Promise.all([1, 2, 3].map(() => real.db.execute(sql`select pg_sleep(0.1)`)));
        const asked = timed(real.db.execute(sql`select pg_sleep(0.5) /* d1 */`));
        await underWay("d1");
        await proxy.setFault({ kind: "hang" });
        const { ms, error } = await asked;
        expect(isDatabaseAway(error)).toBe(true);
        expect(ms).toBeLessThan(BUDGET_MS);
        await proxy.heal();
        // Idle ones that were as dead are gone with it.
        const next = await timed(real.db.execute(sql`select 1`));
        expect(next.error).toBeUndefined();
        expect(next.ms).toBeLessThan(1_000);
      } finally {
        await real.close();
      }
    });

    test("D1: so does one that is stuck within its answer", async () => {
      await vi.waitFor(() => select("select 1"), { timeout: 5_000 });
      closed.length = 0;
      const asked = timed(select("select repeat('x', 1000) from generate_series(1, 200000)"));
      await vi.waitFor(() => expect(database.pool.inUse).toBe(1));
      await proxy.setFault({ kind: "hang" });
      const { ms, error } = await asked;
      expect(isDatabaseAway(error)).toBe(true);
      expect(ms).toBeLessThan(SOON_MS);
      expect(closed).toHaveLength(1);
    });

    test("D1: so do a transaction that cannot begin, and one that cannot commit", async () => {
      await proxy.setFault({ kind: "hang" });
      const begins = await timed(transact(database.db, async () => undefined));
      expect(isDatabaseAway(begins.error)).toBe(true);
      expect(begins.ms).toBeLessThan(SOON_MS);
      await proxy.heal();
      await select("select 1");
      const commits = await timed(
        transact(database.db, async (tx) => {
          await tx.execute(sql`update counted set n = n + 1 where id = 1`);
          await proxy.setFault({ kind: "hang" });
        }),
      );
      expect(isDatabaseAway(commits.error)).toBe(true);
      expect(commits.ms).toBeLessThan(SOON_MS);
      await proxy.heal();
      // The server knows nothing of it yet, and still lets nobody wait for the row.
      await vi.waitFor(
        () => transact(database.db, (tx) => tx.execute(sql`update counted set n = 0 where id = 1`)),
        {
          timeout: 11_000,
        },
      );
    });

    test("D6: what was given up the server does not go on with, alone and within a transaction", async () => {
      const long = sql`select pg_sleep(30) /* given up */`;
      for (const ask of [
        () => database.db.execute(long),
        () => transact(database.db, (tx) => tx.execute(long)),
      ]) {
        const { error, ms } = await timed(ask());
        expect(isDatabaseAway(error)).toBe(true);
        expect(ms).toBeLessThan(SOON_MS);
        const goingOn = () =>
          beside.unsafe(
            "select 1 from pg_stat_activity where query like '%given up%' and state = 'active' and pid <> pg_backend_pid()",
          );
        await vi.waitFor(async () => expect(await goingOn()).toHaveLength(0), { timeout: 5_000 });
        expect((await timed(select("select 1"))).error).toBeUndefined();
      }
    });

    test("D1: an answer that comes is waited for, however large", async () => {
      await proxy.setFault({ kind: "latency", ms: 10 });
      const rows = "select pg_sleep(0.3), repeat('x', 300000) from generate_series(1, 8)";
      const { error, ms } = await timed(select(rows));
      expect(error).toBeUndefined();
      expect(ms).toBeGreaterThan(SOON_MS);
    });

    test("D1: one that trickles has its time too, alone and within a transaction", async () => {
      const big = sql`select repeat('x', 1000) as x`;
      for (const ask of [
        () => database.db.execute(big),
        () => transact(database.db, (tx) => tx.execute(big)),
      ]) {
        await vi.waitFor(() => select("select 1"), { timeout: 5_000 });
        await proxy.setFault({ kind: "trickle", everyMs: 50 });
        const { error, ms } = await timed(ask());
        expect(isDatabaseAway(error)).toBe(true);
        expect(ms).toBeLessThan(2 * SOON_MS);
        await proxy.heal();
      }
    });

    test("D1: work that is not hurried is left alone", async () => {
      const patient = await openDatabase({ url: server.url, dataDir: "" });
      try {
        const { error, ms } = await timed(patient.db.execute(sql`select pg_sleep(2.5)`));
        expect(error).toBeUndefined();
        expect(ms).toBeGreaterThan(SOON_MS);
      } finally {
        await patient.close();
      }
    });

    test("D2: a read whose connection is reset is asked again, once", async () => {
      await select("select 1");
      const asked = timed(select("select pg_sleep(0.3), 7 as n /* d2 */"));
      await underWay("d2");
      await proxy.setFault({ kind: "reset" });
      await proxy.heal();
      expect((await asked).error).toBeUndefined();
      const named = timed(
        select("with held as (select pg_sleep(0.3), 7 as n /* d2 named */) select n from held"),
      );
      await underWay("d2 named");
      await proxy.setFault({ kind: "reset" });
      await proxy.heal();
      expect((await named).error).toBeUndefined();
      const twice = timed(select("select pg_sleep(0.3) /* d2 again */"));
      await underWay("d2 again");
      await proxy.setFault({ kind: "reset" });
      expect(isDatabaseAway((await twice).error)).toBe(true);
    });

    test("D2: a write whose connection is reset is not, nor is a transaction, within it or at its end", async () => {
      const before = await numbers();
      const update = "update counted set n = n + 1 where id = 1 and pg_sleep(0.3) is not null";
      const alone = timed(select(update));
      await underWay("counted set n");
      await proxy.setFault({ kind: "reset" });
      await proxy.heal();
      expect(isDatabaseAway((await alone).error)).toBe(true);

      let runs = 0;
      const commits = transact(database.db, async (tx) => {
        runs++;
        await tx.insert(auditLog).values({ actorId: "x", action: "grant", requestId: "r-d2" });
        await proxy.setFault({ kind: "reset" });
        await proxy.heal();
      });
      expect(isDatabaseAway((await timed(commits)).error)).toBe(true);
      expect(runs).toBe(1);
      expect(await database.db.select().from(auditLog).where(eq(auditLog.requestId, "r-d2"))).toEqual([]);
      // The server may end it though nobody waits for it any more.
      await vi.waitFor(async () => expect(await running("counted set n")).toHaveLength(0));
      expect(await numbers()).toBeLessThanOrEqual(before + 1);
    });

    test("D3: after all its connections were ended by the server (57P01) the next statement is answered", async () => {
      await Promise.all(Array.from({ length: 10 }, () => select("select pg_sleep(0.05)")));
      const asked = timed(select("select pg_sleep(0.5) /* d3 */"));
      await underWay("d3");
      await beside.unsafe(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'peg-comparison-bff'",
      );
      // It is a read: asked again.
      expect((await asked).error).toBeUndefined();
      const next = await timed(select("select 1"));
      expect(next.error).toBeUndefined();
      expect(next.ms).toBeLessThan(1_000);
    });

    test("D2: wherever within its first words a connection breaks, no rejection is left unhandled", async () => {
      const unhandled: unknown[] = [];
      const note = (error: unknown) => void unhandled.push(error);
      process.on("unhandledRejection", note);
      try {
        for (let afterBytes = 20; afterBytes < 1_600; afterBytes += 60) {
          await proxy.setFault({ kind: "reset" });
          await proxy.setFault({ kind: "cut", afterBytes });
          await timed(select("select 1"));
        }
        await new Promise((resolve) => setImmediate(resolve));
        expect(unhandled).toEqual([]);
      } finally {
        process.off("unhandledRejection", note);
      }
    });

    test("a text that fails within its own transaction harms none that comes after it", async () => {
      const run = (text: string) => timed(database.run(text));
      const failing = run("begin; insert into counted values (7, 0); select 1 / 0; commit");
      const next = run("begin; insert into counted values (8, 0); commit");
      expect((await failing).error).toBeDefined();
      expect((await next).error).toBeUndefined();
      const found = await beside.unsafe("select id from counted where id > 1");
      expect(found.map(({ id }) => id)).toEqual([8]);
      expect(
        (await timed(Promise.all(Array.from({ length: 20 }, () => select("select 1"))))).error,
      ).toBeUndefined();
    });

    test("D3: a server that was away for long is found within a second or two of its return", async () => {
      await proxy.setFault({ kind: "refuse" });
      const began = performance.now();
      // Each of the ten connections fails a few times: the driver's own pauses would be twenty seconds long by then.
      for (let failures = 0; failures < 35; failures++)
        expect(isDatabaseAway((await timed(select("select 1"))).error)).toBe(true);
      expect(performance.now() - began).toBeLessThan(20_000);
      await proxy.heal();
      await vi.waitFor(() => select("select 1"), { timeout: 2_500 });
    });

    test("D3: a server that became read-only is away for writes, and well once it is the primary again", async () => {
      const { pathname } = new URL(server.url);
      const become = async (state: "on" | "off") => {
        await beside.unsafe(
          `alter database ${pathname.slice(1)} set default_transaction_read_only = ${state}`,
        );
        await proxy.setFault({ kind: "reset" });
        await proxy.heal();
      };
      const write = () => timed(select("update counted set n = n where id = 1"));
      await become("on");
      await vi.waitFor(async () => expect((await write()).error).toMatchObject({ cause: { code: "25006" } }));
      expect(isDatabaseAway((await write()).error)).toBe(true);
      expect((await timed(select("select 1"))).error).toBeUndefined();
      await beside.unsafe("set default_transaction_read_only = off");
      await become("off");
      await vi.waitFor(async () => expect((await write()).error).toBeUndefined());
    });

    test("D4: with ten connections and fifty statements more than it can do, those without a turn fail in time", async () => {
      const asked = await Promise.all(
        Array.from({ length: 60 }, () =>
          timed(transact(database.db, (tx) => tx.execute(sql`select pg_sleep(0.6)`))),
        ),
      );
      const refused = asked.filter(({ error }) => error);
      expect(refused.length).toBeGreaterThan(0);
      for (const { error, ms } of refused) {
        expect(isDatabaseAway(error)).toBe(true);
        expect(ms).toBeLessThan(SOON_MS);
      }
      // Nothing was cut that went on, and nothing is left behind.
      expect(asked.length - refused.length).toBeGreaterThan(5);
      expect(closed).toEqual([]);
      expect((await timed(select("select 1"))).error).toBeUndefined();
      await vi.waitFor(() => expect(database.pool.inUse).toBe(0));
    });

    test("D4: more than a thousand that wait are refused at once", async () => {
      const blocked = Array.from({ length: 10 }, () => timed(select("select pg_sleep(0.5)")));
      const many = Array.from({ length: 1_000 }, () => timed(select("select 1")));
      const late = await timed(select("select 1"));
      expect(isDatabaseAway(late.error)).toBe(true);
      expect(late.ms).toBeLessThan(500);
      await Promise.all([...blocked, ...many]);
      expect((await timed(select("select 1"))).error).toBeUndefined();
    });

    test("D6: who waits for a lock gives up in time, and the connection goes on", async () => {
      const held = beside.begin(async (tx) => {
        await tx.unsafe("update counted set n = n where id = 1");
        const { ms, error } = await timed(
          transact(database.db, (own) => own.execute(sql`update counted set n = n where id = 1`)),
        );
        expect(isDatabaseAway(error)).toBe(true);
        expect(ms).toBeLessThan(SOON_MS);
      });
      await held;
      expect(closed).toEqual([]);
      // A task has more time than a request.
      let waited: Promise<unknown> = Promise.resolve();
      await beside.begin(async (tx) => {
        await tx.unsafe("update counted set n = n where id = 1");
        const patient = database.patient ?? database.db;
        waited = timed(transact(patient, (own) => own.execute(sql`update counted set n = n where id = 1`)));
        await tx.unsafe("select pg_sleep(2.5)");
      });
      expect(await waited).not.toHaveProperty("error");
      expect(closed).toEqual([]);
      expect((await timed(select("update counted set n = n where id = 1"))).error).toBeUndefined();
    });

    test("D1: who listens to changes knows that it does not, and hears again within ten seconds", async () => {
      const heard: string[] = [];
      const changes = await listenForChanges({
        url: through(proxy, server.url) + query,
        onAnnouncement: ({ id }) => heard.push(id),
        onResume: () => heard.push("resumed"),
      });
      try {
        expect(changes.hearing()).toBe(true);
        await proxy.setFault({ kind: "hang" });
        await vi.waitFor(() => expect(changes.hearing()).toBe(false), { timeout: 5_000 });
        await proxy.heal();
        await vi.waitFor(() => expect(changes.hearing()).toBe(true), { timeout: 10_000 });
        await beside.unsafe("select pg_notify('peg_changes', 'analysis/a1')");
        await vi.waitFor(() => expect(heard).toEqual(["resumed", "resumed", "a1"]));
      } finally {
        await changes.close();
      }
    });

    test("D1: who could not listen many times hears again once, and asks once", async () => {
      const heard: string[] = [];
      const changes = await listenForChanges({
        url: through(proxy, server.url) + query,
        onAnnouncement: ({ id }) => heard.push(id),
        onResume: () => heard.push("resumed"),
      });
      try {
        const before = proxy.connections;
        await proxy.setFault({ kind: "reset" });
        // Each is one attempt.
        await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(before + 8), { timeout: 30_000 });
        await proxy.heal();
        await vi.waitFor(() => expect(changes.hearing()).toBe(true), { timeout: 10_000 });
        for (const id of ["a1", "a2"])
          await beside.unsafe("select pg_notify('peg_changes', $1)", [`analysis/${id}`]);
        await vi.waitFor(() => expect(heard).toEqual(["resumed", "resumed", "a1", "a2"]));
      } finally {
        await changes.close();
      }
    });
  });
});
