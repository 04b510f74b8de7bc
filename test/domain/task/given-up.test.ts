import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verbatim } from "../../../src/contract/words.js";
import { pegComparisonTasks } from "../../../src/db/schema.js";
import type { ComparisonKey } from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { PegError } from "../../../src/domain/errors.js";
import { retireTasks } from "../../../src/domain/task/retire-tasks.js";
import { startTask } from "../../../src/domain/task/start-task.js";
import { readTask } from "../../../src/domain/task/task-state.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { DATABASES, rowsOf, storeAnalysis, type TestWorld } from "../fixtures.js";
import { createPlayService, eventually, gate, type PlayService } from "./play-service.js";

describe.each(DATABASES)("the end of tasks, in $kind", ({ here, open }) => {
  describe.skipIf(!here)("that did not go well, or long ago", () => {
    let service: PlayService;
    let world: TestWorld;
    let services: Services;
    beforeAll(async () => {
      service = createPlayService();
      world = await open(service);
      services = world.services;
    });
    afterAll(() => world.close());

    const begin = async (key: ComparisonKey) => {
      const task = await startTask(services, key, "request");
      if (!task) throw new Error("it is stored already");
      return task;
    };
    const untilItIs = (key: ComparisonKey, id: string, status: string) =>
      eventually(async () => {
        const task = await readTask(services.db, key.analysisId, id);
        return task?.status === status && task;
      });

    test("a task whose every run died is given up; its job lies readable among the dead (B11)", async () => {
      const key = await storeAnalysis(services, { id: "poison" });
      const [held, arrived] = [gate(), gate()];
      service.script(async () => {
        arrived.open();
        await held.opened;
        throw new PegError("MCP_TIMEOUT", verbatim("Too late to matter."));
      });
      const { id } = await begin(key);
      await arrived.opened;
      // As after four deaths and in the midst of the fifth.
      await services.db.execute(sql`
        update pgboss.job set retry_count = retry_limit, expire_in = interval '0 seconds' where id = ${id}::uuid`);
      const deadJobs = () =>
        rowsOf<{ data: unknown }>(
          services.db,
          sql`select data from pgboss.job where name = ${COMPARE_TASK.deadLetter}`,
        );
      await eventually(async () => (await deadJobs()).length > 0);
      held.open();
      const failed = await untilItIs(key, id, "FAILED");
      expect(failed).toMatchObject({ errorCode: "INTERNAL_ERROR", estimatedCompletion: null });
      expect(await deadJobs()).toEqual([{ data: { taskId: id, requestId: "request" } }]);
      // Asking again is how it is tried again.
      const again = await begin(key);
      expect(again.id).not.toBe(id);
      await untilItIs(key, again.id, "COMPLETED");
    });

    test("old tasks go, but the newest of each analysis, which `status` tells of, stays (B18)", async () => {
      const key = await storeAnalysis(services, { id: "old" });
      const row = (createdAt: Date, finishedAt: Date | null) => ({
        ...key,
        status: finishedAt ? ("FAILED" as const) : ("PENDING" as const),
        attemptToken: sql`gen_random_uuid()`,
        leaseUntil: createdAt,
        createdAt,
        finishedAt,
      });
      const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
      await services.db
        .insert(pegComparisonTasks)
        .values([row(daysAgo(30), daysAgo(30)), row(daysAgo(9), daysAgo(9)), row(daysAgo(8), daysAgo(8))]);
      const other = await storeAnalysis(services, { id: "recent" });
      await services.db
        .insert(pegComparisonTasks)
        .values(
          [row(daysAgo(9), daysAgo(6)), row(daysAgo(1), daysAgo(1))].map((one) => ({ ...one, ...other })),
        );
      await retireTasks(services);
      const left = await rowsOf<{ analysis_id: string; n: number }>(
        services.db,
        sql`select analysis_id, count(*)::int as n from peg_comparison_tasks
            where analysis_id in ('old', 'recent') group by 1 order by 1`,
      );
      expect(left).toEqual([
        { analysis_id: "old", n: 1 },
        { analysis_id: "recent", n: 2 },
      ]);
    });

    test("the one that `status` tells of stays, though one of the data as it was began later (B18)", async () => {
      const key = await storeAnalysis(services, { id: "moved" });
      const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
      const row = (days: number, status: "COMPLETED" | "FAILED", revision = key.revision) => ({
        ...{ ...key, revision, status, attemptToken: sql`gen_random_uuid()` },
        ...{ leaseUntil: daysAgo(days), createdAt: daysAgo(days), finishedAt: daysAgo(days) },
      });
      const before = "00000000-0000-4000-8000-000000000000";
      await services.db
        .insert(pegComparisonTasks)
        .values([
          row(11, "FAILED"),
          row(10, "COMPLETED"),
          row(9, "FAILED", before),
          row(8, "FAILED", before),
        ]);
      await retireTasks(services);
      expect(await readTask(services.db, "moved", undefined)).toMatchObject({ status: "COMPLETED" });
      // Of what it was the newest stays beside it, until the next.
      const left = await rowsOf(
        services.db,
        sql`select status from peg_comparison_tasks where analysis_id = 'moved' order by created_at`,
      );
      expect(left).toEqual([{ status: "COMPLETED" }, { status: "FAILED" }]);
    });

    test("what is expected of a task is learned from those that finished, by size (estimates)", async () => {
      await services.db.execute(sql`delete from peg_comparison_tasks`);
      const first = await storeAnalysis(services, { id: "unknown" });
      const held = gate();
      const wait = async () => {
        await held.opened;
        throw new PegError("DATA_VALIDATION_ERROR", verbatim("Never mind."));
      };
      service.script(wait, wait);
      expect((await begin(first)).estimatedCompletion).toBeNull();
      // Of its size (one row) 10 s, ten times larger 60 s: neither the one outlier nor the other size counts.
      for (const [rows, seconds] of [
        [1, 9],
        [1, 10],
        [1, 300],
        [1, 10],
        [1, 11],
        ...Array.from({ length: 12 }, () => [1, 10]),
        ...Array.from({ length: 20 }, () => [100_000, 60]),
      ] as [number, number][]) {
        await services.db.execute(sql`
          insert into peg_comparison_tasks
            (analysis_id, revision, algorithm_version, status, attempt_token, lease_until, row_count, started_at, finished_at)
          values (${first.analysisId}, gen_random_uuid(), 'v', 'COMPLETED', gen_random_uuid(), now(), ${rows},
            now() - make_interval(secs => ${seconds}), now())`);
      }
      const second = await storeAnalysis(services, { id: "known" });
      const { estimatedCompletion, createdAt } = await begin(second);
      const expectedMs = (estimatedCompletion?.getTime() ?? 0) - createdAt.getTime();
      expect(Math.round(expectedMs / 1000)).toBe(10);
      held.open();
    });
  });
});
