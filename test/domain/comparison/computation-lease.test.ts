import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ERROR_CODES } from "../../../src/contract/errors.js";
import { verbatim } from "../../../src/contract/words.js";
import { analysisResults, pegComparisonTasks } from "../../../src/db/schema.js";
import {
  awaitComputation,
  claimComputation,
  endComputation,
  type Lease,
} from "../../../src/domain/comparison/computation-lease.js";
import {
  type ComparisonKey,
  loadStoredComparison,
  storeComparison,
} from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { PegError } from "../../../src/domain/errors.js";
import { comparisonOf, DATABASES, rowsOf, storeAnalysis, type TestWorld } from "../fixtures.js";

describe.each(DATABASES)("the right to compute, in $kind", ({ here, open }) => {
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

    test("can be had again, as a new task, once the one before has ended", async () => {
      const first = await hold();
      await endComputation(services, first, { error: new PegError("MCP_TIMEOUT", verbatim("Too late.")) });
      const second = await hold();
      expect(second.taskId).not.toBe(first.taskId);
      await endComputation(services, second);
      expect((await hold()).taskId).not.toBe(second.taskId);
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

      test("ends where its holder let it run out", async () => {
        const lease = await hold();
        const waiting = awaitComputation(services, lease.taskId);
        await letRunOut(lease.taskId);
        expect(await waiting).toBe("abandoned");
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
        expect(JSON.stringify(stored)).not.toContain("canary");
        await expect(awaitComputation(services, lease.taskId)).rejects.toMatchObject({
          code: "INTERNAL_ERROR",
          message: "The comparison failed.",
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
