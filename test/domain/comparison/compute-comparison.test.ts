import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ErrorCode } from "../../../src/contract/errors.js";
import { verbatim } from "../../../src/contract/words.js";
import type { Database } from "../../../src/db/open.js";
import { analysisResults, pegComparisonTasks } from "../../../src/db/schema.js";
import {
  claimComputation,
  endMovedTasks,
  type Lease,
} from "../../../src/domain/comparison/computation-lease.js";
import { computeComparison } from "../../../src/domain/comparison/compute-comparison.js";
import { type ComparisonKey, storeComparison } from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { DataMovedError, PegError } from "../../../src/domain/errors.js";
import { Room } from "../../../src/domain/room.js";
import { comparisonOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

/** The same database, whose n-th transaction or statement fails as if the connection had closed. */
function failingAt(db: Database, n: number): Database {
  let calls = 0;
  return new Proxy(db, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (
        typeof value !== "function" ||
        !["transaction", "insert", "update", "select"].includes(String(name))
      )
        return value;
      return (...args: unknown[]) => {
        calls++;
        if (calls === n) throw Object.assign(new Error("closed"), { code: "CONNECTION_CLOSED" });
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

/** A cold database takes its time. */
const WAIT = { timeout: 30_000 };

describe.each(DATABASES)("a computation on $kind", ({ here, open }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    let computing: Services;
    beforeAll(async () => {
      world = await open();
      computing = {
        ...world.services,
        analysisService: { ...world.services.analysisService, compare: async () => comparisonOf(1) },
      };
    });
    afterAll(() => world?.close());

    test.each([
      ["stored", async () => comparisonOf(1)],
      ["that fails", () => Promise.reject(new PegError("MCP_PROCESSING_ERROR", verbatim("no")))],
    ])("%s takes room for its rows, and gives it back", async (_, compare) => {
      const key = await storeAnalysis(world.services);
      const seen: unknown[] = [];
      const room = {
        enterNow: (rows: number) => {
          seen.push(rows);
          return () => void seen.push("left");
        },
      } as unknown as Room;
      const analysisService = { ...world.services.analysisService, compare };
      const services = { ...world.services, comparisons: room, analysisService };
      await computeComparison(services, key, { requestId: "asked" }).catch(() => undefined);
      const [stored] = await world.db
        .select()
        .from(analysisResults)
        .where(eq(analysisResults.id, key.analysisId));
      expect(stored?.rowCount).toBeGreaterThan(0);
      expect(seen).toEqual([stored?.rowCount, "left"]);
    });

    /** Has another process take the task, and fail. */
    async function failElsewhere(key: ComparisonKey, code: ErrorCode) {
      const compare = () => Promise.reject(new PegError(code, verbatim("no")));
      const elsewhere = { ...computing, analysisService: { ...computing.analysisService, compare } };
      await computeComparison(elsewhere, key, { requestId: "other" }).catch(() => undefined);
    }

    /** An analysis, and no room for its rows. */
    async function withoutRoom() {
      const key = await storeAnalysis(world.services);
      const room = new Room(100, 0);
      return { key, room, leave: room.enterNow(100) };
    }

    test("that waited for room and cannot begin then gives it back", async () => {
      const { key, room, leave } = await withoutRoom();
      const outcome = computeComparison({ ...computing, comparisons: room }, key, {
        requestId: "asked",
      }).catch((error: unknown) => error);
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      const insert = vi.spyOn(computing.db, "insert").mockImplementationOnce(() => {
        throw new Error("away");
      });
      leave?.();
      expect(await outcome).toMatchObject({ message: "away" });
      insert.mockRestore();
      expect(room.enterNow(100)).toBeDefined();
    });

    /** Whether its task goes on, and whoever comes may have it. */
    const isForAnybody = async (key: ComparisonKey) => {
      const [task] = await world.db
        .select({ status: pegComparisonTasks.status, free: sql`lease_until < now()` })
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.analysisId, key.analysisId));
      return task?.status === "PROCESSING" && task.free === true;
    };

    test("that waits for room leaves its task to whoever has some, also where its process stops", async () => {
      const { key, room, leave } = await withoutRoom();
      const stop = new AbortController();
      const services = { ...computing, comparisons: room, stopping: stop.signal };
      const outcome = computeComparison(services, key, { requestId: "asked" }).catch(
        (error: unknown) => error,
      );
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      expect(await isForAnybody(key)).toBe(true);
      stop.abort();
      expect(await outcome).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect(await isForAnybody(key)).toBe(true);
      expect(room.isWaitedFor).toBe(false);
      leave?.();
      const elsewhere = await computeComparison(computing, key, { requestId: "other" });
      expect(elsewhere.computedHere).toBe(true);
    });

    test("that waited for room finds what another process computed meanwhile", async () => {
      const { key, room, leave } = await withoutRoom();
      const outcome = computeComparison({ ...computing, comparisons: room }, key, { requestId: "asked" });
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      await computeComparison(computing, key, { requestId: "other" });
      // Without room, which it needs no more.
      expect(await outcome).toMatchObject({ computedHere: false });
      expect(room.isWaitedFor).toBe(false);
      leave?.();
      expect(room.enterNow(100)).toBeDefined();
    });

    test("that waits for room hears how another process failed meanwhile", async () => {
      const { key, room } = await withoutRoom();
      const outcome = computeComparison({ ...computing, comparisons: room }, key, { requestId: "asked" });
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      await failElsewhere(key, "DATA_VALIDATION_ERROR");
      await expect(outcome).rejects.toMatchObject({ code: "DATA_VALIDATION_ERROR" });
      expect(room.isWaitedFor).toBe(false);
    });

    test("that waits for room goes on waiting where another process failed for what may pass", async () => {
      const { key, room, leave } = await withoutRoom();
      const outcome = computeComparison({ ...computing, comparisons: room }, key, { requestId: "asked" });
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      await failElsewhere(key, "MCP_CONNECTION_FAILED");
      // Long enough for whoever waits to look.
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(room.isWaitedFor).toBe(true);
      leave?.();
      expect(await outcome).toMatchObject({ computedHere: true });
    });

    test("without room, for a service that is left alone, leaves its task to nobody", async () => {
      const { key, room } = await withoutRoom();
      const leftAlone = new PegError("MCP_CONNECTION_FAILED", verbatim("left alone"), { retryAfter: 5 });
      const analysisService = {
        ...world.services.analysisService,
        check: () => {
          throw leftAlone;
        },
      };
      const services = { ...world.services, analysisService, comparisons: room };
      await expect(computeComparison(services, key, { requestId: "asked" })).rejects.toBe(leftAlone);
      const [task] = await world.db
        .select()
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.analysisId, key.analysisId));
      expect(task).toMatchObject({ status: "FAILED", errorCode: "MCP_CONNECTION_FAILED" });
    });

    test("that fails as its process stops leaves its task to others", async () => {
      const key = await storeAnalysis(world.services);
      const stop = new AbortController();
      const closed = new PegError("MCP_CONNECTION_FAILED", verbatim("closed"));
      const analysisService = {
        ...world.services.analysisService,
        compare: async () => {
          stop.abort();
          throw closed;
        },
      };
      const services = { ...world.services, analysisService, stopping: stop.signal };
      await expect(computeComparison(services, key, { requestId: "asked" })).rejects.toBe(closed);
      expect(await isForAnybody(key)).toBe(true);
    });

    test.each([
      { queued: false, outcome: "failed" },
      { queued: true, outcome: "handed_back" },
    ])("whose failure may pass is counted as $outcome where a job sees to it: $queued", async (about) => {
      const key = await storeAnalysis(world.services);
      const computation = vi.fn();
      const analysisService = {
        ...world.services.analysisService,
        compare: async () => {
          const ofKey = eq(pegComparisonTasks.analysisId, key.analysisId);
          await world.db.update(pegComparisonTasks).set({ queued: about.queued }).where(ofKey);
          throw new PegError("MCP_CONNECTION_FAILED", verbatim("away"));
        },
      };
      const metrics = { ...world.services.metrics, computation };
      const services = { ...world.services, analysisService, metrics };
      await computeComparison(services, key, { requestId: "asked" }).catch(() => undefined);
      expect(computation).toHaveBeenCalledExactlyOnceWith(about.outcome, expect.any(Number));
    });

    test("for a service that is left alone loads none of its data", async () => {
      const key = await storeAnalysis(world.services);
      const leftAlone = new PegError("MCP_CONNECTION_FAILED", verbatim("left alone"), { retryAfter: 5 });
      const spans: string[] = [];
      const services: Services = {
        ...world.services,
        tracing: {
          ...world.services.tracing,
          span: (name, attributes, work) => {
            spans.push(name);
            return world.services.tracing.span(name, attributes, work);
          },
        },
        analysisService: {
          ...world.services.analysisService,
          check: () => {
            throw leftAlone;
          },
        },
      };
      await expect(computeComparison(services, key, { requestId: "asked" })).rejects.toBe(leftAlone);
      expect(spans).not.toContain("database raw data");
    });

    test("that waited for room is as long as it then took", async () => {
      const { key, room, leave } = await withoutRoom();
      const outcome = computeComparison({ ...computing, comparisons: room }, key, {
        requestId: "asked",
      }).catch(() => "ended");
      await vi.waitFor(() => expect(room.isWaitedFor).toBe(true), WAIT);
      const longAgo = new Date(0);
      await world.db
        .update(pegComparisonTasks)
        .set({ startedAt: longAgo })
        .where(eq(pegComparisonTasks.analysisId, key.analysisId));
      leave?.();
      await outcome;
      const [task] = await world.db
        .select()
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.analysisId, key.analysisId));
      expect(task?.startedAt).not.toEqual(longAgo);
    });

    describe("that counts for nothing any more", () => {
      beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
      afterEach(() => void vi.useRealTimers());

      /** Computes until it is called off, once the lease should be renewed. */
      async function callOff(key: ComparisonKey, meanwhile: () => Promise<unknown>) {
        let calledOff = false;
        let begin = () => {};
        const begun = new Promise<void>((resolve) => {
          begin = resolve;
        });
        const compare = (_: unknown, signal?: AbortSignal) =>
          new Promise<never>((_resolve, reject) => {
            signal?.addEventListener("abort", () => {
              calledOff = true;
              reject(signal.reason);
            });
            begin();
          });
        const analysisService = { ...world.services.analysisService, compare };
        const computed = computeComparison({ ...world.services, analysisService }, key, { requestId: "a" });
        const outcome = computed.catch((error: unknown) => error);
        await begun;
        await meanwhile();
        // A renewal may fail: then the next one tells. What follows has its own deadlines, by the same clock.
        await expect
          .poll(
            () => {
              if (!calledOff) vi.advanceTimersByTime(5_000);
              return calledOff;
            },
            { timeout: 30_000 },
          )
          .toBe(true);
        return outcome;
      }

      test("is called off where the data was replaced", async () => {
        const key = await storeAnalysis(world.services);
        const outcome = await callOff(key, () => endMovedTasks(world.db, key.analysisId));
        expect(outcome).toBeInstanceOf(DataMovedError);
      });

      test("is called off where another attempt has taken over, and what that stores is the outcome", async () => {
        const key = await storeAnalysis(world.services);
        const outcome = await callOff(key, async () => {
          await world.db
            .update(pegComparisonTasks)
            .set({ leaseUntil: sql`now() - interval '1 second'` })
            .where(eq(pegComparisonTasks.analysisId, key.analysisId));
          const other = (await claimComputation(world.services, key)) as Lease;
          await storeComparison(world.services, key, other.attemptToken, comparisonOf(7));
          other.stop();
        });
        expect(outcome).toMatchObject({
          computedHere: false,
          comparison: { summary: { weighted_avg_change: 7 } },
        });
      });
    });

    test.each([1, 2, 3, 4, 5, 6])(
      "whose statement %i fails neither hangs nor keeps the next one from computing",
      { timeout: 30_000 },
      async (n) => {
        const key = await storeAnalysis(world.services);
        const failing = { ...computing, db: failingAt(world.db, n) };
        const first = await computeComparison(failing, key, { requestId: "first" }).catch(
          (error: unknown) => error,
        );
        const second = await computeComparison(computing, key, { requestId: "second" });
        expect(second.comparison.summary.weighted_avg_change).toBe(1);
        // Where it failed after the claim and could not say so, the lease runs out; where it could, nothing waits.
        if (!(first instanceof Error)) expect(second.computedHere).toBe(false);
      },
    );
  });
});
