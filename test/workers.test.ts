import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { createBoss } from "../src/adapters/queue/boss.js";
import { parseConfig } from "../src/config.js";
import type { OpenDatabase } from "../src/db/open.js";
import { pegComparisonTasks } from "../src/db/schema.js";
import { claimComputation } from "../src/domain/comparison/computation-lease.js";
import type { Services } from "../src/domain/context.js";
import { createRuntime, type Runtime } from "../src/runtime.js";
import { startWorkers, type Workers } from "../src/workers.js";
import { storeAnalysis } from "./domain/fixtures.js";
import { createPlayService } from "./domain/task/play-service.js";
import { TEST_ENV } from "./support/backend.js";
import { openFromTemplate } from "./support/embedded-template.js";

const HALF_A_MINUTE_MS = 30_000;
const HOUR_MS = 3_600_000;
const PATIENT = { timeout: 20_000 };

let database: OpenDatabase;
let runtime: Runtime;
let services: Services;
let boss: ReturnType<typeof createBoss>;
let workers: Workers;

beforeAll(async () => {
  database = await openFromTemplate(inject("embeddedTemplate"));
  // Without workers of its own, which would do the same.
  const config = { ...parseConfig(TEST_ENV), WORKER: "none" as const };
  runtime = await createRuntime(config, { database, analysisService: createPlayService() });
  services = runtime.services;
  boss = createBoss({ run: database.run, logger: services.logger, supervise: false, migrate: false });
  await boss.start();
});
afterAll(async () => {
  await boss?.stop({ graceful: false });
  await runtime?.stop();
  await database?.close();
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  workers = startWorkers(services, boss, database.run);
});
afterEach(async () => {
  await workers.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A task of a call whose process died a while ago. */
async function orphan(id: string): Promise<string> {
  const claim = await claimComputation(services, await storeAnalysis(services, { id }));
  if (!("attemptToken" in claim)) throw new Error("nobody else computes");
  claim.stop();
  await services.db
    .update(pegComparisonTasks)
    .set({ leaseUntil: sql`now() - interval '1 minute'` })
    .where(eq(pegComparisonTasks.id, claim.taskId));
  return claim.taskId;
}

/** Two tasks that ended long ago. @returns how many of them there are */
async function oldTasks(id: string): Promise<() => Promise<number>> {
  const key = await storeAnalysis(services, { id });
  const row = (days: number) => {
    const at = new Date(Date.now() - days * 86_400_000);
    return {
      ...key,
      status: "FAILED" as const,
      attemptToken: sql`gen_random_uuid()`,
      leaseUntil: at,
      createdAt: at,
    };
  };
  const values = [row(30), row(20)].map((one) => ({ ...one, finishedAt: one.createdAt }));
  await services.db.insert(pegComparisonTasks).values(values);
  return () => services.db.$count(pegComparisonTasks, eq(pegComparisonTasks.analysisId, id));
}

const statusOf = async (id: string) => {
  const [row] = await services.db.select().from(pegComparisonTasks).where(eq(pegComparisonTasks.id, id));
  return row?.status;
};

describe("a worker, beside its jobs,", () => {
  test("takes up each half a minute what nobody works on", async () => {
    const id = await orphan("orphan");
    vi.advanceTimersByTime(HALF_A_MINUTE_MS);
    await expect.poll(() => statusOf(id), PATIENT).toBe("COMPLETED");
  });

  test("removes each hour what nobody asks for", async () => {
    const left = await oldTasks("old");
    expect(await left()).toBe(2);
    vi.advanceTimersByTime(HOUR_MS);
    await expect.poll(left, PATIENT).toBe(1);
  });

  test("goes on where that fails once, and says so", async () => {
    const id = await orphan("late");
    const left = await oldTasks("older");
    const error = new Error("away");
    vi.spyOn(services.db, "transaction").mockRejectedValueOnce(error);
    vi.spyOn(services.db, "delete").mockImplementationOnce(() => {
      throw error;
    });
    const warn = vi.spyOn(services.logger, "warn");
    vi.advanceTimersByTime(HALF_A_MINUTE_MS);
    await expect
      .poll(() => warn.mock.calls, PATIENT)
      .toContainEqual([{ err: error }, "tasks that nobody works on were not taken up"]);
    vi.advanceTimersByTime(HOUR_MS);
    await expect
      .poll(() => warn.mock.calls, PATIENT)
      .toContainEqual([{ err: error }, "old tasks were not removed"]);
    vi.advanceTimersByTime(HOUR_MS);
    await expect.poll(() => statusOf(id), PATIENT).toBe("COMPLETED");
    await expect.poll(left, PATIENT).toBe(1);
  });

  test("does none of it once it has stopped", async () => {
    await workers.stop();
    const [transaction, remove] = [vi.spyOn(services.db, "transaction"), vi.spyOn(services.db, "delete")];
    vi.advanceTimersByTime(HOUR_MS);
    expect([transaction.mock.calls, remove.mock.calls]).toEqual([[], []]);
  });
});
