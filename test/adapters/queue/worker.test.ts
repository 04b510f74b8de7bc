import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { createBoss, migrateQueue } from "../../../src/adapters/queue/boss.js";
import { createJobQueue } from "../../../src/adapters/queue/job-queue.js";
import { readQueueStates } from "../../../src/adapters/queue/queue-state.js";
import { startWorker, type Worker } from "../../../src/adapters/queue/worker.js";
import { type OpenDatabase, openDatabase } from "../../../src/db/open.js";
import { runIn, type SqlRunner } from "../../../src/db/run-sql.js";
import { PutOff } from "../../../src/domain/errors.js";
import type { QueueOperation } from "../../../src/domain/metrics.js";
import type { JobRun } from "../../../src/domain/ports.js";
import { Alarm } from "../../../src/domain/signals.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { gate } from "../../domain/task/play-service.js";
import { createTestDatabase, hasPostgres, type TestDatabase } from "../../support/database.js";
import { openFromTemplate } from "../../support/embedded-template.js";

const QUEUE = COMPARE_TASK.name;
const TASK = "6b6e7a7c-9d0e-4f3e-8d7a-111111111111";
/** What the statements hold by which the queue hears of a job, or is asked for one. */
const LOOK = "SKIP LOCKED";
const COMPLETE = "SET completed_on = now()";
const FAIL = "DELETE FROM pgboss.job";
const GIVE_BACK = "set state = 'created'";

interface LogLine {
  level: string;
  message: string;
}

describe.each([
  { kind: "PGlite", here: true },
  { kind: "PostgreSQL", here: hasPostgres },
])("jobs, in $kind", ({ kind, here }) => {
  describe.skipIf(!here)("and whoever does them", () => {
    let own: TestDatabase | undefined;
    let database: OpenDatabase;
    let boss: ReturnType<typeof createBoss>;
    let lines: LogLine[];
    /** Statements that hold one of these texts fail. */
    let broken: readonly string[];
    let failures: QueueOperation[];
    /** Statements that asked for jobs. */
    let looks: number;
    /** Jobs that are taken are not handed out before it. */
    let handingOut: Promise<void> | undefined;
    /** Under way or done: what the worker says of jobs that still run. */
    let renewals: Promise<unknown>[];
    const workers: Worker[] = [];

    const note = (level: string) => (_: object, message: string) => void lines.push({ level, message });
    const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const run: SqlRunner = async (text, values) => {
      if (text.includes(LOOK)) looks++;
      if (broken.some((part) => text.includes(part))) throw new Error("the database is away");
      const done = database.run(text, values);
      if (text.includes("set started_on = now()")) renewals.push(done);
      const result = await done;
      if (text.includes(LOOK)) await handingOut;
      return result;
    };
    const send = (taskId = TASK, queue: Parameters<typeof createJobQueue>[1] = COMPARE_TASK) =>
      database.db.transaction((tx) =>
        createJobQueue(boss, queue).send(runIn(tx), { taskId, requestId: "request" }),
      );
    const work = (handle: (job: JobRun) => Promise<void>): { alarm: Alarm; worker: Worker } => {
      const alarm = new Alarm(() => {});
      const worker = startWorker({
        boss,
        run,
        logger,
        metrics: { queueFailure: (operation) => void failures.push(operation) },
        queue: QUEUE,
        concurrency: 2,
        alarm,
        handle,
      });
      workers.push(worker);
      return { alarm, worker };
    };
    const stateOf = async (id = TASK) => {
      const { rows } = await database.run("select state::text from pgboss.job where id = $1", [id]);
      return rows[0]?.state;
    };
    async function until(look: () => Promise<boolean> | boolean): Promise<void> {
      for (let turn = 0; turn < 1_000; turn++) {
        if (await look()) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error("it did not happen");
    }

    beforeEach(async () => {
      lines = [];
      broken = [];
      failures = [];
      looks = 0;
      handingOut = undefined;
      renewals = [];
      if (kind === "PGlite") {
        database = await openFromTemplate(inject("embeddedTemplate"));
      } else {
        own = await createTestDatabase();
        database = await openDatabase({ url: own.url, dataDir: "unused" });
        await migrateQueue(database.run, logger, COMPARE_TASK);
      }
      boss = createBoss({ run, logger, supervise: false, migrate: false });
      await boss.start();
    });
    afterEach(async () => {
      vi.useRealTimers();
      broken = [];
      await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
      await boss.stop({ graceful: false });
      await database.close();
      await own?.drop();
    });

    test("are sent once, and never into a queue that is not there (trap 10, B8)", async () => {
      expect(await send()).toBe(true);
      expect(await send()).toBe(false);
      const lost = send(TASK, { name: "no-such-queue", deadLetter: "none" });
      await expect(lost).rejects.toThrow("peg-bff migrate");
    });

    test("are done at once when called for, and again after a stop (B13)", async () => {
      let done = 0;
      const first = work(async () => void done++);
      await send();
      first.alarm.ring();
      await until(async () => (await stateOf()) === "completed");
      await first.worker.stop(0);
      const other = "6b6e7a7c-9d0e-4f3e-8d7a-222222222222";
      await send(other);
      work(async () => void done++);
      await until(async () => (await stateOf(other)) === "completed");
      expect(done).toBe(2);
    });

    test("are waited for by a stop that comes while they are handed out", async () => {
      let handOut = () => {};
      handingOut = new Promise((resolve) => {
        handOut = resolve;
      });
      await send();
      let done = false;
      const { worker } = work(async () => {
        await new Promise(setImmediate);
        done = true;
      });
      await until(async () => (await stateOf()) === "active");
      const stopped = worker.stop(60_000);
      handOut();
      await stopped;
      expect({ done, state: await stateOf() }).toEqual({ done: true, state: "completed" });
    });

    test("are given back by a worker that stops as if they had never run, be it for the last time", async () => {
      await send();
      await database.run("update pgboss.job set state = 'retry', retry_count = retry_limit where id = $1", [
        TASK,
      ]);
      const first: boolean[] = [];
      const { worker } = work(({ signal, last }) => {
        first.push(last);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      });
      await until(() => first.length > 0);
      await worker.stop(0);
      expect(await stateOf()).toBe("created");
      const again: boolean[] = [];
      work(async ({ last }) => void again.push(last));
      await until(async () => (await stateOf()) === "completed");
      expect([first, again]).toEqual([[true], [true]]);
    });

    test("are renewed while they run, and so run once only, though it takes twice their expiry (B2)", async () => {
      // Of the worker's timers the one by which it renews.
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      await send();
      let runs = 0;
      const held = gate();
      const { alarm } = work(() => {
        runs++;
        return held.opened;
      });
      await until(() => runs > 0);
      const seconds = COMPARE_TASK.expireInSeconds / 3;
      for (let third = 0; third < 6; third++) {
        // So much time goes by, for the database and for the worker.
        await database.run(
          "update pgboss.job set started_on = started_on - $2::float8 * interval '1 second' where id = $1",
          [TASK, seconds],
        );
        renewals = [];
        vi.advanceTimersByTime(seconds * 1000);
        await Promise.all(renewals);
        await boss.maintain();
        expect(await stateOf()).toBe("active");
      }
      held.open();
      alarm.ring();
      await until(async () => (await stateOf()) === "completed");
      expect(runs).toBe(1);
    });

    /** Has the job run again that its worker could tell the queue nothing of. */
    const expire = async () => {
      await database.run("update pgboss.job set started_on = now() - expire_in - interval '1 second'", []);
      await boss.maintain();
      expect(await stateOf()).toBe("retry");
      await database.run("update pgboss.job set start_after = now()", []);
    };

    test.each<[string, { away: string[]; fails: boolean; told: QueueOperation[] }]>([
      ["be noted as done", { away: [COMPLETE], fails: false, told: ["complete"] }],
      ["be noted at all", { away: [COMPLETE, FAIL], fails: false, told: ["complete", "fail"] }],
      ["be noted as failed", { away: [FAIL], fails: true, told: ["fail"] }],
    ])(
      "outlive a database that is away when they are to %s: the process goes on, the job is run again (trap 10, B4)",
      async (_, { away, fails, told }) => {
        broken = away;
        let runs = 0;
        const { alarm } = work(async () => {
          if (++runs === 1 && fails) throw new Error("it failed");
        });
        await send();
        alarm.ring();
        await until(() => failures.length === told.length);
        broken = [];
        expect(failures).toEqual(told);
        if (away.includes(FAIL)) {
          expect(await stateOf()).toBe("active");
          await expire();
        } else {
          await until(async () => (await stateOf()) === "retry");
          await database.run("update pgboss.job set start_after = now()", []);
        }
        alarm.ring();
        await until(async () => (await stateOf()) === "completed");
        expect(runs).toBe(2);
      },
    );

    test("that run a second time while the first goes on are waited for to their last end (B2)", async () => {
      const [first, second] = [gate(), gate()];
      let runs = 0;
      const { alarm, worker } = work(() => [first, second][runs++]?.opened ?? Promise.resolve());
      await send();
      alarm.ring();
      await until(() => runs === 1);
      await expire();
      alarm.ring();
      await until(() => runs === 2);
      first.open();
      await until(async () => (await stateOf()) === "completed");
      let stopped = false;
      const stop = worker.stop(60_000).then(() => {
        stopped = true;
      });
      for (let look = 0; look < 20; look++) await stateOf();
      expect(stopped).toBe(false);
      second.open();
      await stop;
    });

    test("that are put off come again when they said, as if they had not run, and leave their place meanwhile", async () => {
      const ids = [1, 2, 3].map((n) => TASK.slice(0, -1) + n);
      const runs: string[] = [];
      const { alarm } = work(async ({ data }) => {
        const { taskId } = data as { taskId: string };
        runs.push(taskId);
        if (taskId !== ids[2] && runs.filter((id) => id === taskId).length === 1)
          throw new PutOff(60, "elsewhere");
      });
      for (const id of ids) await send(id);
      alarm.ring();
      await until(async () => (await stateOf(ids[2])) === "completed");
      await until(async () =>
        (await Promise.all(ids.slice(0, 2).map(stateOf))).every((s) => s === "created"),
      );
      const { rows } = await database.run(
        `select retry_count, extract(epoch from start_after - now())::float8 as wait from pgboss.job
         where name = $1 and state = 'created'`,
        [QUEUE],
      );
      for (const { retry_count, wait } of rows) {
        expect(retry_count).toBe(0);
        expect(Number(wait)).toBeGreaterThan(30);
        expect(Number(wait)).toBeLessThanOrEqual(60);
      }
      expect(await readQueueStates(database.run, [QUEUE])).toMatchObject([
        { waiting: 0, putOff: 2, active: 0 },
      ]);
      expect([runs.length, lines.filter(({ level }) => level === "warn")]).toEqual([3, []]);
      await database.run("update pgboss.job set start_after = now() where state = 'created'", []);
      alarm.ring();
      await until(async () => (await Promise.all(ids.map(stateOf))).every((state) => state === "completed"));
      const { rows: ended } = await database.run("select retry_count from pgboss.job where name = $1", [
        QUEUE,
      ]);
      expect(ended.map(({ retry_count }) => retry_count)).toEqual([0, 0, 0]);
    });

    test("that are put off again and again keep nobody waiting who came later", async () => {
      const ids = Array.from({ length: 9 }, (_, i) => TASK.slice(0, -1) + i);
      for (const id of ids) await send(id);
      const last = ids.at(-1);
      const { alarm } = work(async ({ data }) => {
        if ((data as { taskId: string }).taskId !== last) throw new PutOff(0.001, "no room");
      });
      await until(async () => {
        alarm.ring();
        return (await stateOf(last)) === "completed";
      });
    });

    test("that are put off, one and all, are looked at no more often than any", async () => {
      const ids = Array.from({ length: 9 }, (_, i) => TASK.slice(0, -1) + i);
      for (const id of ids) await send(id);
      let runs = 0;
      const began = performance.now();
      work(async () => {
        runs++;
        throw new PutOff(60, "elsewhere");
      });
      await until(() => runs >= 2);
      for (let look = 0; look < 20; look++) await stateOf();
      // Two at a time, and once a second.
      expect(runs).toBeLessThanOrEqual(2 * (1 + Math.floor((performance.now() - began) / 1_000)));
    });

    test("that cannot be given back as their worker stops are run again once they have expired (B4)", async () => {
      let runs = 0;
      const { alarm, worker } = work(({ signal }) => {
        runs++;
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      });
      await send();
      alarm.ring();
      await until(() => runs > 0);
      broken = [GIVE_BACK];
      await worker.stop(0);
      broken = [];
      expect([failures, await stateOf()]).toEqual([["fail"], "active"]);
      await expire();
      work(async () => void runs++);
      await until(async () => (await stateOf()) === "completed");
      expect(runs).toBe(2);
    });

    test("that cannot be taken are counted at every look, and an error in the log once (trap 10, B5)", async () => {
      broken = [LOOK];
      const { alarm } = work(async () => {});
      await until(() => {
        if (looks > 2) return true;
        alarm.ring();
        return false;
      });
      expect(failures).toEqual(Array.from({ length: looks }, () => "fetch"));
      expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
      broken = [];
      alarm.ring();
      await until(() => lines.some(({ message }) => message === "jobs are taken again"));
    });

    test("leave little, whatever they failed with, and nothing a week after they ended, the dead neither (B18)", async () => {
      const text = "cell-secret ".repeat(100_000);
      const { alarm } = work(async () => {
        throw Object.assign(new Error(text, { cause: text }), { code: "AWAY", details: text });
      });
      await send();
      alarm.ring();
      await until(async () => (await stateOf()) === "retry");
      await database.run("update pgboss.job set retry_count = retry_limit - 1, start_after = now()", []);
      alarm.ring();
      await until(async () => (await stateOf()) === "failed");
      const [dead] = await boss.fetch(COMPARE_TASK.deadLetter);
      await boss.complete(COMPARE_TASK.deadLetter, String(dead?.id));
      const { rows } = await database.run(
        "select name, octet_length(job::text) as size from pgboss.job job",
        [],
      );
      expect(rows.map(({ name }) => name).sort()).toEqual([QUEUE, COMPARE_TASK.deadLetter]);
      for (const { size } of rows) expect(Number(size)).toBeLessThan(1_000);

      const left = async () => {
        await boss.maintain();
        const counts = ["job", "archive"].map(
          (table) => `(select count(*)::int from pgboss.${table}) as ${table}`,
        );
        return (await database.run(`select ${counts.join(", ")}`, [])).rows[0];
      };
      const age = async (table: string, since: string, seconds: number) => {
        const aged = `update pgboss.${table} set ${since} = ${since} - interval '1 second' * ${seconds}`;
        await database.run(aged, []);
      };
      await age("job", "completed_on", 3_590);
      expect(await left()).toEqual({ job: 2, archive: 0 });
      await age("job", "completed_on", 20);
      expect(await left()).toEqual({ job: 0, archive: 2 });
      await age("archive", "archived_on", 7 * 86_400 - 60);
      expect(await left()).toEqual({ job: 0, archive: 2 });
      await age("archive", "archived_on", 70);
      expect(await left()).toEqual({ job: 0, archive: 0 });
    });

    test("have tables that may be brought up to date twice (B15)", async () => {
      await migrateQueue(database.run, logger, COMPARE_TASK);
      await migrateQueue(database.run, logger, COMPARE_TASK);
      const { rows } = await database.run("select name, retry_limit from pgboss.queue order by name", []);
      expect(rows.map(({ name }) => name)).toEqual([QUEUE, COMPARE_TASK.deadLetter]);
      expect(await send()).toBe(true);
    });
  });
});
