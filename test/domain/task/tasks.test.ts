import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { verbatim } from "../../../src/contract/words.js";
import { analysisResults, pegComparisonTasks } from "../../../src/db/schema.js";
import { replaceData } from "../../../src/domain/analysis/replace-data.js";
import {
  claimComputation,
  claimTask,
  endComputation,
  type Lease,
} from "../../../src/domain/comparison/computation-lease.js";
import { STAGES } from "../../../src/domain/comparison/progress.js";
import { recomputeComparison } from "../../../src/domain/comparison/recompute-comparison.js";
import {
  type ComparisonKey,
  loadStoredSummary,
  storeComparison,
} from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import { DataMovedError, PegError } from "../../../src/domain/errors.js";
import { adoptTasks } from "../../../src/domain/task/adopt-tasks.js";
import { getStatus } from "../../../src/domain/task/get-status.js";
import { readOldestTaskAge } from "../../../src/domain/task/oldest-task.js";
import { joinRunningTask, startTask } from "../../../src/domain/task/start-task.js";
import { isFinished, readTask, type TaskRow } from "../../../src/domain/task/task-state.js";
import { stepsBack } from "../../support/task-processes.js";
import {
  comparisonOf,
  contextOf,
  DATABASES,
  PERIOD_INFO,
  rowsOf,
  storeAnalysis,
  type TestWorld,
} from "../fixtures.js";
import { createPlayService, eventually, gate, type PlayService } from "./play-service.js";

describe.each(DATABASES)("a task, in $kind", ({ here, open }) => {
  describe.skipIf(!here)("of a comparison", () => {
    let service: PlayService;
    let world: TestWorld;
    let services: Services;
    let key: ComparisonKey;
    beforeAll(async () => {
      service = createPlayService();
      world = await open(service);
      services = world.services;
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      key = await storeAnalysis(services);
    });
    afterEach(() => service.script());

    const begin = async (): Promise<TaskRow> => {
      const task = await startTask(services, key, "request");
      if (!task) throw new Error("it is stored already");
      return task;
    };
    const taskOf = async (id: string): Promise<TaskRow> => {
      const task = await readTask(services.db, key.analysisId, id);
      if (!task) throw new Error("no such task");
      return task;
    };
    /** Has it tried again at once where it waits for its next try, or was put off. */
    const hurry = async (id: string) => {
      await services.db.execute(sql`
        update pgboss.job set start_after = now()
        where id = ${id}::uuid and state in ('retry', 'created') and start_after > now()`);
      services.signals.emit("jobs/");
    };
    /** As upkeep does once nobody renewed it for its time. */
    const expireJob = (id: string) =>
      services.db.execute(
        sql`update pgboss.job set state = 'retry' where id = ${id}::uuid and state = 'active'`,
      );
    const ended = (id: string) =>
      eventually(async () => {
        await hurry(id);
        const task = await taskOf(id);
        return isFinished(task) && task;
      });
    const jobsOf = (taskId: string) =>
      rowsOf<{ name: string; state: string; data: unknown; output: unknown }>(
        services.db,
        sql`select name, state::text, data, output from pgboss.job where data->>'taskId' = ${taskId}`,
      );

    const isPutOff = async (id: string) => {
      const waiting = sql`select 1 from pgboss.job where id = ${id}::uuid and state = 'created' and start_after > now()`;
      return (await rowsOf(services.db, waiting)).length > 0;
    };

    test("is one for a hundred callers, with one job and one computation (B10)", async () => {
      const before = service.asked.length;
      const held = gate();
      service.script(async () => {
        await held.opened;
        return comparisonOf(1);
      });
      const started = await Promise.all(Array.from({ length: 100 }, begin));
      expect(new Set(started.map(({ id }) => id)).size).toBe(1);
      held.open();
      const { id } = started[0] as TaskRow;
      expect(await ended(id)).toMatchObject({ status: "COMPLETED", progress: 100 });
      expect(await jobsOf(id)).toHaveLength(1);
      expect(service.asked.length - before).toBe(1);
      expect(await startTask(services, key, "late")).toBeUndefined();
    });

    test("is not there where its transaction comes to nothing, and neither is its job (B6, B7)", async () => {
      const before = await rowsOf(services.db, sql`select id from pgboss.job`);
      const { startTaskIn } = await import("../../../src/domain/task/start-task.js");
      await expect(
        services.db.transaction(async (tx) => {
          await startTaskIn(tx, services, key, "request");
          throw new Error("no, after all");
        }),
      ).rejects.toThrow("no, after all");
      expect(await readTask(services.db, key.analysisId, undefined)).toBeUndefined();
      expect(await rowsOf(services.db, sql`select id from pgboss.job`)).toHaveLength(before.length);
    });

    test("changes nothing once another attempt has taken over, nor ends the job of that one (trap 11, B2, B3)", async () => {
      const ends = vi.spyOn(services.metrics, "computation");
      const [slow, arrived] = [gate(), gate()];
      service.script(async () => {
        arrived.open();
        await slow.opened;
        return comparisonOf(-1);
      });
      const { id } = await begin();
      await arrived.opened;
      // As if its process had stood still: its lease and its job expire, and another has both.
      await services.db
        .update(pegComparisonTasks)
        .set({ leaseUntil: sql`now() - interval '1 second'` })
        .where(eq(pegComparisonTasks.id, id));
      await services.db.execute(sql`
        update pgboss.job set retry_count = retry_count + 1, started_on = now() where id = ${id}::uuid`);
      const lease = await claimTask(services, id);
      if (!lease) throw new Error("it was free");
      slow.open();
      // The first attempt has come to its end, and was not let store.
      await eventually(async () => ends.mock.calls.some(([outcome]) => outcome === "superseded"));
      ends.mockRestore();
      for (let look = 0; look < 20; look++) expect(await jobsOf(id)).toMatchObject([{ state: "active" }]);
      expect(await taskOf(id)).toMatchObject({ status: "PROCESSING" });
      expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(7))).toBe("stored");
      lease.stop();
      expect(await storeComparison(services, key, lease.attemptToken, comparisonOf(8))).toBe("fenced");
      const stored = await loadStoredSummary(services.db, key);
      expect(stored?.summary.weighted_avg_change).toBe(7);
      // Of whoever had it then, whom nobody heard of again.
      await expireJob(id);
      await hurry(id);
      await eventually(async () => (await jobsOf(id)).every(({ state }) => state === "completed"));
    });

    test("is computed and stored once, though its job could be noted neither as done nor as failed (trap 10, B4)", async () => {
      const failures = vi.spyOn(services.metrics, "queueFailure");
      const before = service.asked.length;
      for (const text of [
        `create function be_away() returns trigger language plpgsql as $$ begin raise exception 'away'; end $$`,
        `create trigger never_done before update on pgboss.job for each row
          when (new.state = 'completed') execute function be_away()`,
        "create trigger never_failed before delete on pgboss.job for each row execute function be_away()",
      ])
        await services.db.execute(sql.raw(text));
      try {
        const { id } = await begin();
        await eventually(async () => failures.mock.calls.some(([operation]) => operation === "fail"));
        expect(failures.mock.calls.flat()).toContain("complete");
        expect([(await taskOf(id)).status, (await jobsOf(id)).map(({ state }) => state)]).toEqual([
          "COMPLETED",
          ["active"],
        ]);
        await services.db.execute(sql.raw("drop function be_away cascade"));
        await expireJob(id);
        services.signals.emit("jobs/");
        await eventually(async () => (await jobsOf(id)).every(({ state }) => state === "completed"));
        expect(service.asked.length - before).toBe(1);
        const effects = await rowsOf<{ n: number }>(
          services.db,
          sql`select count(*)::int as n from peg_comparison_results where analysis_id = ${key.analysisId}`,
        );
        expect(effects).toEqual([{ n: 1 }]);
      } finally {
        failures.mockRestore();
        await services.db.execute(sql.raw("drop function if exists be_away cascade"));
      }
    });

    test("never goes back in what it tells, through a retry and an expiry, and its version only grows (B19)", async () => {
      const seen: TaskRow[] = [];
      // Of looks, not of time: a busy machine takes longer for each.
      const looks = (count: number) => {
        const until = seen.length + count;
        return eventually(async () => seen.length >= until);
      };
      const [dead, lost] = [gate(), gate()];
      const tell = async (onProgress: ((share: number) => void) | undefined, shares: number[]) => {
        for (const share of shares) {
          onProgress?.(share);
          await looks(5);
        }
      };
      service.script(
        async ({ onProgress }) => {
          await tell(onProgress, [0.2, 0.9, 0.1, 0.5]);
          // Whatever is written by then is to be seen.
          await eventually(async () => (seen.at(-1)?.progress ?? 0) > STAGES.sent);
          throw new PegError("MCP_CONNECTION_FAILED", verbatim("Away."));
        },
        async ({ onProgress }) => {
          await tell(onProgress, [0.1, 0.3]);
          lost.open();
          await dead.opened;
          return comparisonOf(-1);
        },
        async ({ onProgress }) => {
          await tell(onProgress, [0, 0.2]);
          return comparisonOf(1);
        },
      );
      const task = await begin();
      const { id } = task;
      seen.push(task);
      void lost.opened.then(async () => {
        await services.db
          .update(pegComparisonTasks)
          .set({ leaseUntil: sql`now() - interval '1 second'` })
          .where(eq(pegComparisonTasks.id, id));
        await expireJob(id);
      });
      await eventually(async () => {
        await hurry(id);
        const now = await taskOf(id);
        seen.push(now);
        return isFinished(now);
      });
      dead.open();
      expect(stepsBack(seen.map((row) => ({ ...row, task_id: id })))).toEqual([]);
      expect(new Set(seen.map(({ status }) => status))).toEqual(
        new Set(["PENDING", "PROCESSING", "COMPLETED"]),
      );
      const versions = seen.map((row) => row.version);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(seen.map(({ progress }) => progress)).size).toBeGreaterThan(2);
      await eventually(async () => (await jobsOf(id)).every(({ state }) => state === "completed"));
      // As upkeep does once it is old.
      await services.db.execute(sql`delete from pgboss.job where id = ${id}::uuid`);
      expect(await getStatus({ ctx: contextOf(services), input: { id: key.analysisId } })).toMatchObject({
        task_id: id,
        status: "COMPLETED",
        progress: 100,
      });
    });

    test("goes on after a failure that may pass: it is still PROCESSING, and then COMPLETED", async () => {
      const away = new PegError("MCP_CONNECTION_FAILED", verbatim("Away."));
      service.script(async () => {
        throw away;
      });
      const { id } = await begin();
      const statuses = new Set<string>();
      await eventually(async () => {
        await hurry(id);
        const { status } = await taskOf(id);
        statuses.add(status);
        return status === "COMPLETED";
      });
      expect(statuses).not.toContain("FAILED");
      expect((await jobsOf(id)).map(({ name }) => name)).toEqual(["peg-comparison"]);
    });

    test("goes on where the service says that it cannot now, though a call would be told of an error", async () => {
      const busy = new PegError("MCP_PROCESSING_ERROR", verbatim("Busy."), { passing: true });
      service.script(async () => {
        throw busy;
      });
      const { id } = await begin();
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });
    });

    test("waits for a service that cannot be asked, be it at its last run, and that is none of its runs", async () => {
      const away = new PegError("MCP_CONNECTION_FAILED", verbatim("Away."), {
        retryAfter: 40,
        untried: true,
      });
      const asked = service.asked.length;
      service.script(...Array.from({ length: 8 }, () => () => Promise.reject(away)));
      const { id } = await begin();
      const waits = () =>
        rowsOf<{ wait: number; retries: number }>(
          services.db,
          sql`select extract(epoch from start_after - now())::float8 as wait, retry_count as retries from pgboss.job
              where id = ${id}::uuid and state = 'created' and start_after > now()`,
        );
      for (let run = 1; run < 8; run++) {
        await eventually(async () => service.asked.length - asked === run && (await waits()).length > 0);
        const [{ wait, retries } = { wait: 0, retries: 0 }] = await waits();
        expect(wait).toBeGreaterThan(20);
        expect(retries).toBe(run < 4 ? 0 : 4);
        expect(await taskOf(id)).toMatchObject({ status: "PROCESSING" });
        if (run === 3)
          await services.db.execute(
            sql`update pgboss.job set retry_count = retry_limit where id = ${id}::uuid`,
          );
        await hurry(id);
      }
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });
    });

    test("counts its runs where the service was asked, and may have died of that", async () => {
      const away = new PegError("MCP_CONNECTION_FAILED", verbatim("Away."), { retryAfter: 40 });
      const asked = service.asked.length;
      service.script(...Array.from({ length: 8 }, () => () => Promise.reject(away)));
      const { id } = await begin();
      expect(await ended(id)).toMatchObject({ status: "FAILED", errorCode: "MCP_CONNECTION_FAILED" });
      expect(service.asked.length - asked).toBe(5);
    });

    test("is not begun while its service is left alone", async () => {
      const asked = service.asked.length;
      service.leftAlone = true;
      const { id } = await begin();
      await eventually(() => isPutOff(id));
      expect(await taskOf(id)).toMatchObject({ status: "PENDING", startedAt: null });
      await services.db
        .update(pegComparisonTasks)
        .set({ createdAt: sql`now() - interval '20 minutes'` })
        .where(eq(pegComparisonTasks.id, id));
      expect(await readOldestTaskAge(services)).toBeGreaterThanOrEqual(1200);
      service.leftAlone = false;
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });
      expect(service.asked).toHaveLength(asked + 1);
      expect(await readOldestTaskAge(services)).toBeLessThan(1200);
    });

    test("of another version waits where the service of this release does not know it, for an hour at most", async () => {
      const unknown = new PegError("MCP_PROCESSING_ERROR", verbatim("No such version."));
      service.script(
        () => Promise.reject(unknown),
        async () => comparisonOf(7),
      );
      const foreign = { ...key, algorithmVersion: "v99.0.0" };
      const task = await startTask(services, foreign, "other release");
      const id = task?.id ?? "";
      await eventually(() => isPutOff(id));
      expect(await taskOf(id)).toMatchObject({ status: "PROCESSING", errorCode: null });
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });

      service.script(...Array.from({ length: 8 }, () => () => Promise.reject(unknown)));
      const late = await startTask(services, { ...key, algorithmVersion: "v98.0.0" }, "other release");
      await services.db
        .update(pegComparisonTasks)
        .set({ createdAt: sql`now() - interval '61 minutes'` })
        .where(eq(pegComparisonTasks.id, late?.id ?? ""));
      expect(await ended(late?.id ?? "")).toMatchObject({ errorCode: "MCP_PROCESSING_ERROR" });
    });

    test("is told that its service is away where that took an hour", async () => {
      const away = new PegError("MCP_CONNECTION_FAILED", verbatim("Away."), {
        retryAfter: 40,
        untried: true,
      });
      service.script(...Array.from({ length: 8 }, () => () => Promise.reject(away)));
      const { id } = await begin();
      await services.db
        .update(pegComparisonTasks)
        .set({ createdAt: sql`now() - interval '61 minutes'` })
        .where(eq(pegComparisonTasks.id, id));
      expect(await ended(id)).toMatchObject({ status: "FAILED", errorCode: "MCP_CONNECTION_FAILED" });
    });

    test("waits in line for room before it is claimed, though calls do; the next of its process is put off", async () => {
      const leave = services.comparisons.enterNow(2_000_000);
      const ofCall = services.comparisons.enter(20_000);
      const other = await storeAnalysis(services);
      const both = inArray(analysisResults.id, [key.analysisId, other.analysisId]);
      const countRows = (rowCount: number) =>
        services.db.update(analysisResults).set({ rowCount }).where(both);
      const [stored] = await services.db.select().from(analysisResults).where(both);
      await countRows(20_000);
      const { id } = await begin();
      await eventually(async () => (await jobsOf(id))[0]?.state === "active");
      const next = await startTask(services, other, "request");
      await countRows(stored?.rowCount ?? 0);
      const nextId = next?.id ?? "";
      await eventually(() => isPutOff(nextId));
      expect(await taskOf(id)).toMatchObject({ status: "PENDING", startedAt: null });
      leave?.();
      (await ofCall)();
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });
      await eventually(async () => {
        await hurry(nextId);
        return (await readTask(services.db, other.analysisId, nextId))?.status === "COMPLETED";
      });
    });

    test("waits in line for room where nobody else does, and then is worked on", async () => {
      const leave = services.comparisons.enterNow(2_000_000);
      await services.db
        .update(analysisResults)
        .set({ rowCount: 20_000 })
        .where(eq(analysisResults.id, key.analysisId));
      service.script(async () => comparisonOf(1));
      const { id } = await begin();
      await eventually(async () => services.comparisons.isWaitedFor);
      expect(await taskOf(id)).toMatchObject({ status: "PENDING", startedAt: null });
      leave?.();
      // It is begun, and then finds that its rows are not as many.
      await eventually(async () => (await taskOf(id)).startedAt !== null);
      expect(services.comparisons.isWaitedFor).toBe(false);
    });

    test("is worked on while as many jobs as run at a time only wait for computations elsewhere", async () => {
      const leases: Lease[] = [];
      for (let other = 0; other < 4; other++) {
        const elsewhere = await storeAnalysis(services);
        leases.push((await claimComputation(services, elsewhere)) as Lease);
        await joinRunningTask(services, elsewhere, "other");
      }
      for (const { taskId } of leases) await eventually(() => isPutOff(taskId));
      const { id } = await begin();
      expect(await ended(id)).toMatchObject({ status: "COMPLETED" });
      for (const lease of leases) {
        await endComputation(services, lease);
        lease.stop();
        await hurry(lease.taskId);
        await eventually(async () => (await jobsOf(lease.taskId))[0]?.state === "completed");
      }
    });

    test("fails at once, and once, where trying again cannot help (B19)", async () => {
      const before = service.asked.length;
      const refusal = new PegError("DATA_VALIDATION_ERROR", verbatim("Nothing to compare."), {
        details: [{ path: "stats", message: verbatim("is one-sided") }],
      });
      service.script(async () => {
        throw refusal;
      });
      const { id } = await begin();
      await ended(id);
      expect(await getStatus({ ctx: contextOf(services), input: { id: key.analysisId } })).toEqual({
        success: true,
        task_id: id,
        status: "FAILED",
        progress: expect.any(Number),
        estimated_completion: null,
        error: {
          code: "DATA_VALIDATION_ERROR",
          message: "Nothing to compare.",
          details: [{ path: "stats", message: "is one-sided" }],
        },
      });
      expect(service.asked.length - before).toBe(1);
      // Asking again starts another one.
      const { id: another } = await begin();
      expect(another).not.toBe(id);
      expect(await ended(another)).toMatchObject({ status: "COMPLETED" });
    });

    test("whose failure could not be noted is seen to by its job until it is", async () => {
      for (const text of [
        "create sequence ends_of_tasks",
        `create function lose_first_end() returns trigger language plpgsql as $$ begin
          if nextval('ends_of_tasks') = 1 then raise exception 'lost'; end if; return new; end $$`,
        `create trigger lose_first_end before update on peg_comparison_tasks for each row
          when (new.status = 'FAILED') execute function lose_first_end()`,
      ])
        await services.db.execute(sql.raw(text));
      try {
        const refused = async () => {
          throw new PegError("DATA_VALIDATION_ERROR", verbatim("Nothing to compare."));
        };
        service.script(refused, refused);
        const { id } = await begin();
        await eventually(async () => (await jobsOf(id)).some(({ output }) => output !== null));
        expect(await taskOf(id)).toMatchObject({ status: "PROCESSING" });
        await services.db
          .update(pegComparisonTasks)
          .set({ leaseUntil: sql`now() - interval '1 second'` })
          .where(eq(pegComparisonTasks.id, id));
        expect(await ended(id)).toMatchObject({ status: "FAILED", errorCode: "DATA_VALIDATION_ERROR" });
        await eventually(async () => (await jobsOf(id)).every(({ state }) => state === "completed"));
      } finally {
        await services.db.execute(sql.raw("drop function lose_first_end cascade"));
        await services.db.execute(sql.raw("drop sequence ends_of_tasks"));
      }
    });

    test("whose process died before it had a job is given one", async () => {
      const claim = await claimComputation(services, key);
      if (!("attemptToken" in claim)) throw new Error("nobody else computes");
      claim.stop();
      await adoptTasks(services);
      expect(await jobsOf(claim.taskId)).toEqual([]);
      await services.db
        .update(pegComparisonTasks)
        .set({ leaseUntil: sql`now() - interval '11 seconds'` })
        .where(eq(pegComparisonTasks.id, claim.taskId));
      await Promise.all([adoptTasks(services), adoptTasks(services)]);
      expect(await ended(claim.taskId)).toMatchObject({ status: "COMPLETED" });
      expect(await jobsOf(claim.taskId)).toHaveLength(1);
    });

    test("is not begun of data that is gone, nor told of while there is one of the data as it is", async () => {
      const [held, arrived] = [gate(), gate()];
      service.script(async () => {
        arrived.open();
        await held.opened;
        return comparisonOf(1);
      });
      const now = await recomputeComparison({ ctx: contextOf(services), input: { id: key.analysisId } });
      await arrived.opened;
      await expect(startTask(services, key, "late")).rejects.toThrow(DataMovedError);
      // A call that looked before computes what was, and finds out only then.
      const late = await claimComputation(services, key);
      if (!("attemptToken" in late)) throw new Error("nobody else computes");
      await endComputation(services, late, { error: new PegError("CONFLICT", verbatim("It moved.")) });
      late.stop();
      const told = await getStatus({ ctx: contextOf(services), input: { id: key.analysisId } });
      expect(told).toMatchObject({ task_id: now.task_id, status: "PROCESSING" });
      held.open();
      await ended(now.task_id);
    });

    test("leaves nothing in the queue but its id, and codes (B18)", async () => {
      service.script(async () => {
        throw new PegError("MCP_TIMEOUT", verbatim("words about cell-secret"), {
          cause: new Error("cell-secret"),
        });
      });
      const { id } = await begin();
      const [job] = await eventually(async () => {
        const jobs = await jobsOf(id);
        return jobs.some(({ output }) => output !== null) && jobs;
      });
      expect(job?.data).toEqual({ taskId: id, requestId: "request" });
      expect(JSON.stringify(job)).not.toContain("cell-secret");
      await ended(id);
    });

    test("of data that is replaced meanwhile ends in CONFLICT, and its late result is dropped", async () => {
      const [held, arrived] = [gate(), gate()];
      service.script(async () => {
        arrived.open();
        await held.opened;
        return comparisonOf(-1);
      });
      const { id } = await begin();
      await arrived.opened;
      await replaceData({
        ctx: contextOf(services),
        input: {
          id: key.analysisId,
          data_version: 1,
          stats: [{ kpi_name: "PEG", period: "N", avg: 2, cell_id: "cell" }],
          request_params: { peg_definitions: {} },
          period_info: PERIOD_INFO,
        },
      });
      expect(await taskOf(id)).toMatchObject({ status: "FAILED", errorCode: "CONFLICT" });
      held.open();
      await eventually(async () => (await jobsOf(id)).every(({ state }) => state === "completed"));
      expect(await loadStoredSummary(services.db, key)).toBeUndefined();
    });

    test("of a recomputation is a new one, of a new state; while it runs it is joined", async () => {
      const first = await begin();
      await ended(first.id);
      const [held, arrived] = [gate(), gate()];
      service.script(async () => {
        arrived.open();
        await held.opened;
        return comparisonOf(42);
      });
      const recompute = () =>
        recomputeComparison({ ctx: contextOf(services), input: { id: key.analysisId } });
      const again = await recompute();
      expect(again).toMatchObject({ status: "PENDING", progress: 0 });
      expect(again.task_id).not.toBe(first.id);
      expect(await loadStoredSummary(services.db, key)).toBeUndefined();
      await arrived.opened;
      expect((await recompute()).task_id).toBe(again.task_id);
      held.open();
      const { revision } = await ended(again.task_id);
      expect(revision).not.toBe(key.revision);
      const stored = await loadStoredSummary(services.db, { ...key, revision });
      expect(stored?.summary.weighted_avg_change).toBe(42);
    });

    test("is told of to nobody who names it under another analysis (B19)", async () => {
      const { id } = await begin();
      await ended(id);
      const other = await storeAnalysis(services, { id: `other-${id}` });
      const ask = getStatus({ ctx: contextOf(services), input: { id: other.analysisId, task_id: id } });
      await expect(ask).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
    });
  });
});
