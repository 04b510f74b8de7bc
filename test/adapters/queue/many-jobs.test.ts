import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Boss, createBoss, migrateQueue } from "../../../src/adapters/queue/boss.js";
import { readQueueStates } from "../../../src/adapters/queue/queue-state.js";
import { startWorker, type Worker } from "../../../src/adapters/queue/worker.js";
import { type OpenDatabase, openDatabase } from "../../../src/db/open.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import { Alarm } from "../../../src/domain/signals.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { createTestDatabase, hasPostgres, type TestDatabase } from "../../support/database.js";

const QUEUE = COMPARE_TASK.name;
const JOBS = 10_000;
/** Sent last, to be done first. */
const URGENT = 100;
const WORKERS = 8;
const CONCURRENCY = 4;
/** Jobs that are begun and not ended: by so much may one overtake another, and by as much again while it is noted. */
const IN_FLIGHT = 2 * WORKERS * CONCURRENCY;
/** Jobs are sent one second after the other, and the last one now. */
const OLDEST_S = JOBS - 1;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface Effect {
  /** Its place among all jobs, by when they were sent. */
  sent: number;
  /** And by when they were done. */
  done: number;
}

describe.skipIf(!hasPostgres)("ten thousand jobs and eight workers", () => {
  let own: TestDatabase;
  let database: OpenDatabase;
  let boss: Boss;
  const workers: Worker[] = [];
  const alarms: Alarm[] = [];

  const state = async () => (await readQueueStates(database.run, [QUEUE]))[0];
  const effects = async (): Promise<Effect[]> => {
    const text = "select sent, row_number() over (order by done)::int - 1 as done from effects order by done";
    return (await database.run(text, [])).rows as never;
  };
  /** Starts the workers, and stops them as soon as so many jobs are done. */
  async function workUntil(count: number): Promise<void> {
    let done = 0;
    await new Promise<void>((resolve) => {
      const handle = async ({ data }: { data: unknown }) => {
        const { sent } = data as { sent: number };
        await database.run("insert into effects (sent) values ($1)", [sent]);
        if (++done === count) resolve();
      };
      for (let i = 0; i < WORKERS; i++) {
        const alarm = new Alarm(() => {});
        alarms.push(alarm);
        workers.push(
          startWorker({
            boss,
            run: database.run,
            logger: silent,
            metrics: noMetrics,
            queue: QUEUE,
            concurrency: CONCURRENCY,
            alarm,
            handle,
          }),
        );
      }
    });
    await Promise.all(workers.splice(0).map((worker) => worker.stop(30_000)));
  }

  beforeAll(async () => {
    own = await createTestDatabase();
    database = await openDatabase({ url: own.url, dataDir: "unused" });
    await migrateQueue(database.run, silent, COMPARE_TASK);
    boss = createBoss({ run: database.run, logger: silent, supervise: false, migrate: false });
    await boss.start();
    await database.run("create table effects (sent int not null, done bigserial)", []);
    const jobs = Array.from({ length: JOBS }, (_, sent) => ({
      id: randomUUID(),
      name: QUEUE,
      data: { sent },
      priority: sent >= JOBS - URGENT ? 1 : 0,
    }));
    await boss.insert(jobs);
    await database.run(
      `update pgboss.job set
         created_on = now() - make_interval(secs => $1::int - (data->>'sent')::int),
         start_after = now() - make_interval(secs => $1::int - (data->>'sent')::int)
       where name = $2`,
      [OLDEST_S, QUEUE],
    );
  }, 60_000);
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop(0)));
    await boss?.stop({ graceful: false });
    await database?.close();
    await own?.drop();
  });

  test("B14: each is done once, the urgent first and then the oldest, and the lag is that of the oldest", async () => {
    const began = Date.now();
    const lag = (sent: number) => OLDEST_S - sent;
    const atFirst = await state();
    expect(atFirst).toMatchObject({ waiting: JOBS, putOff: 0, active: 0 });
    expect(atFirst?.lag).toBeGreaterThanOrEqual(lag(0));

    await workUntil(JOBS / 2);
    const half = await effects();
    const oldest = Math.min(...missingFrom(half));
    const between = await state();
    expect(between).toMatchObject({ waiting: JOBS - half.length, putOff: 0, active: 0 });
    expect(between?.lag).toBeGreaterThanOrEqual(lag(oldest));
    expect(between?.lag).toBeLessThanOrEqual(lag(oldest) + (Date.now() - began) / 1000 + 1);

    await workUntil(JOBS - half.length);
    expect(await state()).toEqual({ queue: QUEUE, waiting: 0, putOff: 0, active: 0, lag: 0 });
    const all = await effects();
    expect(all).toHaveLength(JOBS);
    expect(missingFrom(all)).toEqual([]);
    for (const { sent, done } of all) {
      const turn = (sent + URGENT) % JOBS;
      expect(Math.abs(done - turn), `job ${sent}, done as number ${done}`).toBeLessThanOrEqual(IN_FLIGHT);
    }
  }, 180_000);
});

function missingFrom(effects: readonly Effect[]): number[] {
  const there = new Set(effects.map(({ sent }) => sent));
  return Array.from({ length: JOBS }, (_, sent) => sent).filter((sent) => !there.has(sent));
}
