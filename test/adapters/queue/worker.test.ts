import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { createBoss, migrateQueue } from "../../../src/adapters/queue/boss.js";
import { createJobQueue } from "../../../src/adapters/queue/job-queue.js";
import { startWorker, type Worker } from "../../../src/adapters/queue/worker.js";
import { type OpenDatabase, openDatabase } from "../../../src/db/open.js";
import { runIn, type SqlRunner } from "../../../src/db/run-sql.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import type { JobRun } from "../../../src/domain/ports.js";
import { Alarm } from "../../../src/domain/signals.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { gate } from "../../domain/task/play-service.js";
import { createTestDatabase, hasPostgres, type TestDatabase } from "../../support/database.js";
import { openFromTemplate } from "../../support/embedded-template.js";

const QUEUE = COMPARE_TASK.name;
const TASK = "6b6e7a7c-9d0e-4f3e-8d7a-111111111111";

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
    /** Thrown at statements that hold this text. */
    let broken: string | undefined;
    /** Jobs that are taken are not handed out before it. */
    let handingOut: Promise<void> | undefined;
    /** Under way or done: what the worker says of jobs that still run. */
    let renewals: Promise<unknown>[];
    const workers: Worker[] = [];

    const note = (level: string) => (_: object, message: string) => void lines.push({ level, message });
    const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const run: SqlRunner = async (text, values) => {
      if (broken !== undefined && text.includes(broken)) throw new Error("the database is away");
      const done = database.run(text, values);
      if (text.includes("set started_on = now()")) renewals.push(done);
      const result = await done;
      if (text.includes("SKIP LOCKED")) await handingOut;
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
        metrics: noMetrics,
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
      broken = undefined;
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
      broken = undefined;
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

    test("outlive a database that is away when they end: the process goes on, the job is run again (trap 10, B4)", async () => {
      broken = "completed_on = now()";
      let runs = 0;
      const { alarm } = work(async () => {
        runs++;
      });
      await send();
      alarm.ring();
      await until(() => lines.some(({ message }) => message === "a job failed"));
      broken = undefined;
      await until(async () => (await stateOf()) === "completed");
      expect(runs).toBeGreaterThan(1);
    });

    test("that cannot be taken are an error in the log within two looks, and one only (trap 10, B5)", async () => {
      broken = "SKIP LOCKED";
      const { alarm } = work(async () => {});
      for (let look = 0; look < 3; look++) {
        alarm.ring();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => lines.some(({ level }) => level === "error"));
      expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
      broken = undefined;
      alarm.ring();
      await until(() => lines.some(({ message }) => message === "jobs are taken again"));
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
