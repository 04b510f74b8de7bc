import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ERROR_CODES } from "../../../src/contract/errors.js";
import { verbatim } from "../../../src/contract/words.js";
import { analysisResults, pegComparisonSummaries, pegComparisonTasks } from "../../../src/db/schema.js";
import {
  asDataMoved,
  awaitComputation,
  claimComputation,
  claimTask,
  endComputation,
  endMovedTasks,
  findRunningTask,
  type Lease,
  LeaseLost,
  newTask,
} from "../../../src/domain/comparison/computation-lease.js";
import {
  type ComparisonKey,
  loadStoredComparison,
  storeComparison,
} from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { DataMovedError, PegError } from "../../../src/domain/errors.js";
import { comparisonOf, DATABASES, rowsOf, storeAnalysis, type TestWorld } from "../fixtures.js";

describe.each(DATABASES)("the right to compute, in $kind", ({ kind, here, open }) => {
  describe.skipIf(!here)("as a lease", () => {
    let world: TestWorld;
    let services: Services;
    let key: ComparisonKey;
    let leases: Lease[];
    beforeAll(async () => {
      world = await open();
      services = world.services;
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      leases = [];
      key = await storeAnalysis(services);
    });
    afterEach(() => {
      for (const lease of leases) lease.stop();
    });

    async function claim(of = key): Promise<Lease | { taskId: string }> {
      const claimed = await claimComputation(services, of);
      if ("attemptToken" in claimed) leases.push(claimed);
      return claimed;
    }
    async function hold(of = key): Promise<Lease> {
      const claimed = await claim(of);
      if (!("attemptToken" in claimed)) throw new Error("somebody else holds it");
      return claimed;
    }
    const taskOf = async (taskId: string) => {
      const [task] = await services.db
        .select()
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.id, taskId));
      if (!task) throw new Error("no such task");
      return task;
    };
    const letRunOut = (taskId: string) =>
      services.db
        .update(pegComparisonTasks)
        .set({ leaseUntil: sql`now() - interval '1 second'` })
        .where(eq(pegComparisonTasks.id, taskId));
    const secondsLeft = async (taskId: string) => {
      const rows = await rowsOf<{ left: string }>(
        services.db,
        sql`select extract(epoch from lease_until - now()) as left from peg_comparison_tasks where id = ${taskId}`,
      );
      return Number(rows[0]?.left);
    };

    test("is given once; whoever comes second is told of the task", async () => {
      const first = await hold();
      expect(await claim()).toEqual({ taskId: first.taskId });
      expect(await taskOf(first.taskId)).toMatchObject({
        ...key,
        status: "PROCESSING",
        attemptToken: first.attemptToken,
      });
      const left = await secondsLeft(first.taskId);
      expect(left).toBeGreaterThan(5);
      expect(left).toBeLessThanOrEqual(15);
    });

    test("C1: is given to one of twenty who claim at once", async () => {
      const claims = await Promise.all(Array.from({ length: 20 }, () => claim()));
      expect(claims.filter((one) => "attemptToken" in one)).toHaveLength(1);
      expect(new Set(claims.map(({ taskId }) => taskId)).size).toBe(1);
    });

    test("is of one state: another revision, version or analysis has its own", async () => {
      await hold();
      for (const other of [
        { ...key, revision: randomUUID() },
        { ...key, algorithmVersion: "v3" },
        await storeAnalysis(services),
      ]) {
        await hold(other);
      }
    });

    test("C3: is taken over where it ran out, under the same task and another token, once", async () => {
      const dead = await hold();
      await letRunOut(dead.taskId);
      const claims = await Promise.all(Array.from({ length: 10 }, () => claim()));
      const [successor, ...more] = claims.flatMap((one) => ("attemptToken" in one ? [one] : []));
      expect(more).toEqual([]);
      expect(successor?.taskId).toBe(dead.taskId);
      expect(successor?.attemptToken).not.toBe(dead.attemptToken);
      expect(await secondsLeft(dead.taskId)).toBeGreaterThan(5);
    });

    test("C3, B2: who lost it stores nothing and ends nothing", async () => {
      const dead = await hold();
      await letRunOut(dead.taskId);
      const successor = await hold();
      expect(await storeComparison(services, key, dead.attemptToken, comparisonOf(1))).toBe("fenced");
      expect(await loadStoredComparison(services, key)).toBeUndefined();
      await endComputation(services, dead, { error: new Error("late") });
      expect((await taskOf(successor.taskId)).status).toBe("PROCESSING");
      expect(await storeComparison(services, key, successor.attemptToken, comparisonOf(2))).toBe("stored");
      expect((await loadStoredComparison(services, key))?.summary.weighted_avg_change).toBe(2);
    });

    test("who stored once cannot store again under the same token", async () => {
      const lease = await hold();
      expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(1))).toBe("stored");
      expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(2))).toBe("fenced");
      expect((await loadStoredComparison(services, key))?.summary.weighted_avg_change).toBe(1);
    });

    test("does not help where the data was replaced: nothing is stored", async () => {
      const lease = await hold();
      await services.db
        .update(analysisResults)
        .set({ revision: randomUUID() })
        .where(eq(analysisResults.id, key.analysisId));
      expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(1))).toBe("moved");
      expect(await loadStoredComparison(services, key)).toBeUndefined();
      expect((await taskOf(lease.taskId)).status).toBe("PROCESSING");
    });

    test.skipIf(kind === "PGlite")(
      "is renewed while what was computed under it is being stored",
      async () => {
        const lease = await hold();
        let isRenewed = false;
        const renew = async () => {
          await services.db
            .update(pegComparisonTasks)
            .set({ updatedAt: new Date(0) })
            .where(eq(pegComparisonTasks.attemptToken, lease.attemptToken));
          isRenewed = true;
        };
        const transaction = services.db.transaction.bind(services.db);
        const spy = vi.spyOn(services.db, "transaction").mockImplementation((work, config) =>
          transaction(async (tx) => {
            const insert = tx.insert.bind(tx);
            tx.insert = ((table: typeof pegComparisonSummaries) => {
              if (table !== pegComparisonSummaries) return insert(table);
              const values = async (row: typeof pegComparisonSummaries.$inferInsert) => {
                await Promise.race([renew(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
                await insert(table).values(row);
              };
              return { values };
            }) as unknown as typeof tx.insert;
            return work(tx);
          }, config),
        );
        expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(1))).toBe("stored");
        spy.mockRestore();
        expect(isRenewed).toBe(true);
      },
    );

    test("can be had again, as a new task, once the one before has ended", async () => {
      const first = await hold();
      await endComputation(services, first, { error: new PegError("MCP_TIMEOUT", verbatim("Too late.")) });
      const second = await hold();
      expect(second.taskId).not.toBe(first.taskId);
      await endComputation(services, second);
      expect((await hold()).taskId).not.toBe(second.taskId);
    });

    const setTask = (taskId: string, change: Partial<typeof pegComparisonTasks.$inferInsert>) =>
      services.db.update(pegComparisonTasks).set(change).where(eq(pegComparisonTasks.id, taskId));
    /** Whether those who wait for a task are told of it during some work. */
    async function toldDuring(taskId: string, work: () => Promise<unknown>): Promise<string> {
      const alarm = services.signals.alarm(`task/${taskId}`);
      await work();
      const heard = await alarm.wait(10_000);
      alarm.close();
      return heard;
    }

    test("begins a task: as large as the analysis, at work since now, with nothing done", async () => {
      const { taskId } = await hold();
      const task = await taskOf(taskId);
      expect(task).toMatchObject({ rowCount: 1, version: 1, progress: 0, queued: false, errorCode: null });
      expect(task.startedAt).toEqual(task.createdAt);
    });

    test("taken over begins the task anew, for its watchers too", async () => {
      const { taskId } = await hold();
      const before = new Date(0);
      await setTask(taskId, { startedAt: before, updatedAt: before, status: "PENDING" });
      await letRunOut(taskId);
      expect(await toldDuring(taskId, hold)).toBe("rung");
      const task = await taskOf(taskId);
      expect(task).toMatchObject({ status: "PROCESSING", version: 2 });
      expect(task.startedAt).not.toEqual(before);
      expect(task.updatedAt).not.toEqual(before);
    });

    test("is of no analysis that is gone", async () => {
      await expect(claim({ ...key, analysisId: randomUUID() })).rejects.toThrow(
        new DataMovedError("the analysis was deleted meanwhile"),
      );
      const other = new Error("of another kind");
      expect(asDataMoved(other)).toBe(other);
    });

    test("is looked for by its state: only what runs, or will, is found", async () => {
      const find = (of = key) => findRunningTask(services, of);
      expect(await find()).toBeUndefined();
      const lease = await hold();
      for (const status of ["PENDING", "PROCESSING"] as const) {
        await setTask(lease.taskId, { status });
        expect(await find()).toBe(lease.taskId);
      }
      for (const other of [
        { ...key, revision: randomUUID() },
        { ...key, algorithmVersion: "v3" },
        { ...key, analysisId: "another" },
      ])
        expect(await find(other)).toBeUndefined();
      for (const status of ["COMPLETED", "FAILED"] as const) {
        await setTask(lease.taskId, { status });
        expect(await find()).toBeUndefined();
      }
    });

    test("of a task by its id is given where nobody holds it, and not of one that ended", async () => {
      const other = await hold(await storeAnalysis(services));
      const { taskId, attemptToken } = await hold();
      expect(await claimTask(services, taskId)).toBeUndefined();
      for (const status of ["PENDING", "PROCESSING"] as const) {
        await setTask(taskId, { status });
        await letRunOut(taskId);
        let lease: Lease | undefined;
        const told = await toldDuring(taskId, async () => {
          lease = await claimTask(services, taskId);
        });
        if (!lease) throw new Error("it was not given");
        leases.push(lease);
        expect(told).toBe("rung");
        expect(lease.attemptToken).not.toBe(attemptToken);
        expect(await taskOf(taskId)).toMatchObject({
          status: "PROCESSING",
          attemptToken: lease.attemptToken,
        });
        expect(await secondsLeft(taskId)).toBeGreaterThan(5);
      }
      for (const status of ["COMPLETED", "FAILED"] as const) {
        await setTask(taskId, { status });
        await letRunOut(taskId);
        expect(await claimTask(services, taskId)).toBeUndefined();
      }
      expect((await taskOf(other.taskId)).attemptToken).toBe(other.attemptToken);
    });

    test("ended well completes the task, from whose time nothing is learned", async () => {
      const lease = await hold();
      await setTask(lease.taskId, { updatedAt: new Date(0) });
      expect(await toldDuring(lease.taskId, () => endComputation(services, lease))).toBe("rung");
      const task = await taskOf(lease.taskId);
      expect(task).toMatchObject({ status: "COMPLETED", version: 2, progress: 100, startedAt: null });
      expect(task).toMatchObject({ errorCode: null, errorMessage: null, errorDetails: null });
      expect(task.finishedAt).toEqual(task.updatedAt);
      expect(task.estimatedCompletion).toEqual(task.finishedAt);
    });

    test("ended by an error fails the task with what a caller may know of it", async () => {
      const lease = await hold();
      await setTask(lease.taskId, { updatedAt: new Date(0), estimatedCompletion: new Date(0) });
      const details = [{ path: "stats", message: verbatim("is wrong") }];
      const error = new PegError("MCP_TIMEOUT", verbatim("Too late."), { retryAfter: 7, details });
      expect(await toldDuring(lease.taskId, () => endComputation(services, lease, { error }))).toBe("rung");
      const task = await taskOf(lease.taskId);
      expect(task).toMatchObject({
        status: "FAILED",
        version: 2,
        progress: 0,
        errorCode: "MCP_TIMEOUT",
        errorMessage: "Too late.",
        errorDetails: { details, retryAfter: 7 },
        startedAt: null,
        estimatedCompletion: null,
      });
      expect(task.finishedAt).toEqual(task.updatedAt);
      // What ended does not end again.
      await endComputation(services, lease);
      expect((await taskOf(lease.taskId)).status).toBe("FAILED");
    });

    test("ended by an error fails a task that a job sees to as well, unless it is given back", async () => {
      const lease = await hold();
      await setTask(lease.taskId, { queued: true });
      await endComputation(services, lease, { error: new PegError("MCP_TIMEOUT", verbatim("Too late.")) });
      expect(await taskOf(lease.taskId)).toMatchObject({ status: "FAILED", errorCode: "MCP_TIMEOUT" });
    });

    test("of a task that nobody works on yet may be had at once", async () => {
      const { values, unclaimed } = newTask(key);
      const [task] = await services.db
        .insert(pegComparisonTasks)
        .values({ ...values, ...unclaimed })
        .returning();
      if (!task) throw new Error("an insert answers with its row");
      expect(task.status).toBe("PENDING");
      const lease = await claimTask(services, task.id);
      expect(lease).toMatchObject({ taskId: task.id });
      lease?.stop();
    });

    test("given back leaves the task as it is to its job, which may have it at once", async () => {
      const lease = await hold();
      await setTask(lease.taskId, { queued: true, updatedAt: new Date(0) });
      const end = { error: new Error("away"), handBack: "to its job" as const };
      expect(await toldDuring(lease.taskId, () => endComputation(services, lease, end))).toBe("rung");
      const task = await taskOf(lease.taskId);
      expect(task).toMatchObject({ status: "PROCESSING", version: 1, errorCode: null, finishedAt: null });
      expect(task.updatedAt).not.toEqual(new Date(0));
      expect(await secondsLeft(lease.taskId)).toBeLessThan(0);
      // A renewal that was on its way finds none to renew.
      expect(task.attemptToken).not.toBe(lease.attemptToken);
      expect(task.estimatedCompletion).toBeNull();
      expect(await awaitComputation(services, lease.taskId)).toBe("abandoned");
    });

    test("given back ends a task that no job sees to, and one that its holder lost stays the successor's", async () => {
      const lease = await hold();
      const end = { error: new Error("away"), handBack: "to its job" as const };
      await setTask(lease.taskId, { queued: true, attemptToken: randomUUID() });
      await endComputation(services, lease, end);
      expect(await taskOf(lease.taskId)).toMatchObject({ status: "PROCESSING", version: 1 });
      expect(await secondsLeft(lease.taskId)).toBeGreaterThan(5);
      await setTask(lease.taskId, { queued: false, attemptToken: lease.attemptToken });
      await endComputation(services, lease, end);
      expect((await taskOf(lease.taskId)).status).toBe("FAILED");
    });

    test("given back leaves a task to the job that it was given just then", async () => {
      const lease = await hold();
      const end = { error: new Error("away"), handBack: "to its job" as const };
      // The first statement finds no job; before the second there is one.
      const real = services.db.update.bind(services.db);
      let statements = 0;
      const update = vi.spyOn(services.db, "update").mockImplementation((table) => {
        const begun = real(table);
        if (++statements !== 2) return begun;
        const set = begun.set.bind(begun);
        begun.set = ((values: never) => {
          const made = set(values);
          const where = made.where.bind(made);
          made.where = ((condition: never) => {
            const found = where(condition);
            const returning = found.returning.bind(found);
            found.returning = (async (fields: never) => {
              await real(pegComparisonTasks)
                .set({ queued: true })
                .where(eq(pegComparisonTasks.id, lease.taskId));
              return await returning(fields);
            }) as never;
            return found;
          }) as never;
          return made;
        }) as never;
        return begun;
      });
      await endComputation(services, lease, end);
      update.mockRestore();
      expect(await taskOf(lease.taskId)).toMatchObject({ status: "PROCESSING", queued: true });
      expect(await secondsLeft(lease.taskId)).toBeLessThan(0);
    });

    test("ends with the data that it was about: who waits is told to ask again", async () => {
      const other = await hold(await storeAnalysis(services));
      const done = await hold();
      await endComputation(services, done);
      const lease = await hold();
      for (const status of ["PENDING", "PROCESSING"] as const) {
        await setTask(lease.taskId, { status, version: 1, updatedAt: new Date(0), finishedAt: null });
        await setTask(lease.taskId, { estimatedCompletion: new Date(0) });
        const end = () => endMovedTasks(services.db, key.analysisId);
        expect(await toldDuring(lease.taskId, end)).toBe("rung");
        const task = await taskOf(lease.taskId);
        expect(task).toMatchObject({
          status: "FAILED",
          version: 2,
          errorCode: "CONFLICT",
          errorMessage: "The data was replaced while it was compared. Ask for the comparison again.",
          errorDetails: {},
          estimatedCompletion: null,
        });
        expect(task.finishedAt).toEqual(task.updatedAt);
        expect(task.finishedAt).toBeInstanceOf(Date);
      }
      expect((await taskOf(done.taskId)).status).toBe("COMPLETED");
      expect((await taskOf(other.taskId)).status).toBe("PROCESSING");
    });

    test("a stored comparison completes its task", async () => {
      const lease = await hold();
      await storeComparison(services, key, lease.attemptToken, comparisonOf(1));
      const { status, progress, finishedAt, errorCode } = await taskOf(lease.taskId);
      expect({ status, progress, errorCode }).toEqual({
        status: "COMPLETED",
        progress: 100,
        errorCode: null,
      });
      expect(finishedAt).toBeInstanceOf(Date);
    });

    describe("renewed", () => {
      beforeEach(() => {
        vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      });
      afterEach(() => {
        vi.useRealTimers();
      });

      test("every five seconds, until it is stopped", async () => {
        const lease = await hold();
        await letRunOut(lease.taskId);
        vi.advanceTimersByTime(4999);
        expect(await secondsLeft(lease.taskId)).toBeLessThan(0);
        vi.advanceTimersByTime(1);
        await expect.poll(() => secondsLeft(lease.taskId)).toBeGreaterThan(5);
        lease.stop();
        await letRunOut(lease.taskId);
        vi.advanceTimersByTime(60_000);
        expect(await secondsLeft(lease.taskId)).toBeLessThan(0);
      });

      test("for an hour at most: whatever takes longer hangs", async () => {
        await hold();
        const returning = vi.fn(async () => [{}]);
        const update = vi
          .spyOn(services.db, "update")
          .mockReturnValue({ set: () => ({ where: () => ({ returning }) }) } as never);
        vi.advanceTimersByTime(3_600_000);
        expect(returning).toHaveBeenCalledTimes(720);
        vi.advanceTimersByTime(3_600_000);
        expect(returning.mock.calls.length).toBeLessThan(722);
        update.mockRestore();
      });

      test("as well as can be: a renewal that fails is logged, and the next one tried", async () => {
        const { taskId, work } = await hold();
        const error = new Error("away");
        const returning = vi.fn(async () => Promise.reject(error));
        const update = vi
          .spyOn(services.db, "update")
          .mockReturnValue({ set: () => ({ where: () => ({ returning }) }) } as never);
        const warn = vi.spyOn(services.logger, "warn");
        vi.advanceTimersByTime(10_000);
        await expect.poll(() => warn.mock.calls.length).toBe(2);
        expect(warn).toHaveBeenCalledWith(
          { err: error, task_id: taskId },
          "the lease of a computation was not renewed",
        );
        // Nothing is known of it: it may well be held.
        expect(work.signal.aborted).toBe(false);
        warn.mockRestore();
        update.mockRestore();
      });

      test("or not: work is called off for which there is no lease any more, and no other", async () => {
        const held = await hold(await storeAnalysis(services));
        const ended = await hold(await storeAnalysis(services));
        const dead = await hold();
        await letRunOut(dead.taskId);
        const successor = await hold();
        await endMovedTasks(services.db, (await taskOf(ended.taskId)).analysisId);
        vi.advanceTimersByTime(5000);
        await expect.poll(() => dead.work.signal.reason).toBeInstanceOf(LeaseLost);
        await expect.poll(() => ended.work.signal.reason).toBeInstanceOf(LeaseLost);
        await expect.poll(() => secondsLeft(held.taskId)).toBeGreaterThan(14);
        expect([held, successor].map(({ work }) => work.signal.aborted)).toEqual([false, false]);
      });

      test("only while it runs: a task that ended stays as it ended", async () => {
        const lease = await hold();
        await setTask(lease.taskId, { status: "COMPLETED", updatedAt: new Date(0) });
        await letRunOut(lease.taskId);
        vi.advanceTimersByTime(5000);
        await services.db.execute(sql`select 1`);
        expect(await secondsLeft(lease.taskId)).toBeLessThan(0);
      });

      test("by its holder alone: who lost it does not lengthen the successor's", async () => {
        const dead = await hold();
        await letRunOut(dead.taskId);
        const successor = await hold();
        successor.stop();
        await letRunOut(dead.taskId);
        vi.advanceTimersByTime(5000);
        await services.db.execute(sql`select 1`);
        expect(await secondsLeft(dead.taskId)).toBeLessThan(0);
      });
    });

    describe("waited for", () => {
      test("ends with the task", async () => {
        const lease = await hold();
        const waiting = awaitComputation(services, lease.taskId);
        await storeComparison(services, key, lease.attemptToken, comparisonOf(1));
        expect(await waiting).toBe("done");
        expect(await awaitComputation(services, lease.taskId)).toBe("done");
      });

      test("goes on for as long as its holder has it", async () => {
        const lease = await hold();
        const looks = vi.spyOn(services.db, "select");
        let ended = false;
        const waiting = awaitComputation(services, lease.taskId).finally(() => {
          ended = true;
        });
        await expect.poll(() => looks.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(2);
        looks.mockRestore();
        expect(ended).toBe(false);
        await endComputation(services, lease);
        expect(await waiting).toBe("done");
      });

      test("ends where its holder let it run out", async () => {
        const lease = await hold();
        const waiting = awaitComputation(services, lease.taskId);
        await letRunOut(lease.taskId);
        expect(await waiting).toBe("abandoned");
      });

      test("ends where whoever waits goes, and nobody listens then", async () => {
        const lease = await hold();
        const before = services.signals.size;
        const leaving = new AbortController();
        const waiting = awaitComputation(services, lease.taskId, { signal: leaving.signal });
        expect(services.signals.size).toBe(before + 1);
        leaving.abort(new Error("gone"));
        await expect(waiting).rejects.toThrow("gone");
        expect(services.signals.size).toBe(before);
      });

      test("ends where the task is gone", async () => {
        expect(await awaitComputation(services, randomUUID())).toBe("done");
      });

      test("throws the failure that it ended with, code and message", async () => {
        for (const code of ERROR_CODES) {
          const lease = await hold();
          await endComputation(services, lease, {
            error: new PegError(code, verbatim(`Safe words about ${code}.`)),
          });
          const error = await awaitComputation(services, lease.taskId).catch((caught: unknown) => caught);
          expect(error).toBeInstanceOf(PegError);
          expect(error).toMatchObject({ code, message: `Safe words about ${code}.` });
        }
      });

      test("tells nothing of a failure that is not for callers", async () => {
        const lease = await hold();
        await endComputation(services, lease, { error: new Error("select canary from secrets") });
        const stored = await taskOf(lease.taskId);
        expect(stored.errorCode).toBe("INTERNAL_ERROR");
        expect(JSON.stringify(stored)).not.toContain("canary");
        await expect(awaitComputation(services, lease.taskId)).rejects.toMatchObject({
          code: "INTERNAL_ERROR",
          message: "The comparison failed.",
        });
      });

      test("calls a database that was away so, which passes, and no fault", async () => {
        const lease = await hold();
        const broken = Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" });
        await endComputation(services, lease, { error: new Error("Failed query", { cause: broken }) });
        await expect(awaitComputation(services, lease.taskId)).rejects.toMatchObject({
          code: "SERVICE_UNAVAILABLE",
          message: "The database cannot be reached. Try again soon.",
          retryAfter: 5,
        });
      });

      test("reads a code that it does not know as an internal error", async () => {
        const lease = await hold();
        await services.db
          .update(pegComparisonTasks)
          .set({ status: "FAILED", errorCode: "OF_A_LATER_VERSION", errorMessage: null })
          .where(eq(pegComparisonTasks.id, lease.taskId));
        await expect(awaitComputation(services, lease.taskId)).rejects.toMatchObject({
          code: "INTERNAL_ERROR",
          message: "The comparison failed.",
        });
      });
    });
  });
});
