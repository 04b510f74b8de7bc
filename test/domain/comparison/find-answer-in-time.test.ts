import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { pegComparisonTasks } from "../../../src/db/schema.js";
import { newTask } from "../../../src/domain/comparison/computation-lease.js";
import { getComparison } from "../../../src/domain/comparison/get-comparison.js";
import type { ComparisonKey } from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { Room } from "../../../src/domain/room.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

describe.each(DATABASES)("a call that is answered in time, on $kind", ({ here, open }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    function ask(services: Services, key: ComparisonKey) {
      const analysis = { id: key.analysisId, revision: key.revision, dataVersion: 1 };
      const input = { id: key.analysisId, include_metadata: true, cache_ttl: 0, async: false };
      return getComparison({ ctx: contextOf(services), analysis, input });
    }

    test("gets its task where it waits for room and its process stops", async () => {
      const key = await storeAnalysis(world.services);
      const comparisons = new Room(100, 0);
      comparisons.enterNow(100);
      const stop = new AbortController();
      const answer = ask({ ...world.services, comparisons, stopping: stop.signal }, key);
      await vi.waitFor(() => expect(comparisons.isWaitedFor).toBe(true), { timeout: 30_000 });
      stop.abort();
      const { task } = await answer;
      expect(task).toMatchObject({ status: "PROCESSING", estimated_completion: null });
      const [row] = await world.db
        .select()
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.analysisId, key.analysisId));
      expect(row).toMatchObject({ id: task?.task_id, queued: true });
    });

    test("looks again for a task where there was none when its time was over", async () => {
      const key = await storeAnalysis(world.services);
      const never = { run: () => new Promise<never>(() => {}) } as unknown as Services["lookups"];
      const looks = vi.spyOn(world.db, "transaction");
      const answer = ask({ ...world.services, lookups: never, getDeadlineMs: 0 }, key);
      await vi.waitFor(() => expect(looks).toHaveBeenCalled(), { timeout: 30_000 });
      await looks.mock.results[0]?.value;
      looks.mockRestore();
      const { values, unclaimed } = newTask(key);
      const [begun] = await world.db
        .insert(pegComparisonTasks)
        .values({ ...values, ...unclaimed })
        .returning();
      expect((await answer).task).toMatchObject({ task_id: begun?.id });
    });
  });
});
