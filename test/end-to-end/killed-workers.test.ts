import postgres from "postgres";
import { afterAll, describe, expect, it } from "vitest";
import { sampleAnalysis } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { startTaskProcesses, stepsBack, type TaskProcesses, watch } from "../support/task-processes.js";

const RECOVERY_MS = 70_000;
/** With the start of its processes, on a busy machine. */
const HANGS_MS = 180_000;

/** Opens a transaction that holds a lock until it is released. */
async function lock(url: string, statement: string): Promise<() => Promise<void>> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql.unsafe("begin");
  await sql.unsafe(statement);
  return () => sql.end({ timeout: 0 });
}

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("a worker that is killed", () => {
  const worlds: TaskProcesses[] = [];
  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.stop()));
  });
  const start = async (options: { apis: number; workers: number }): Promise<TaskProcesses> => {
    const world = await startTaskProcesses(options);
    worlds.push(world);
    return world;
  };

  // Each has processes, a database and a Redis of its own, and mostly waits.
  it.concurrent(
    "at any stage of a task is replaced: stored once, and those who watch see it through (B1)",
    async () => {
      const { service, workers, databaseUrl, clientOf, startWorker } = await start({ apis: 2, workers: 1 });
      const [anna, there] = [await clientOf("anna", 0), await clientOf("anna", 1)];
      const begin = async (id: string) => {
        const task = await anna.pegComparison.get.query({ id, async: true });
        if (task.status === "COMPLETED") throw new Error("nothing is computed yet");
        return { id, taskId: task.task_id, watched: watch(id === "checked" ? there : anna, id) };
      };
      const stages = ["checked", "stored", "computing", "loading", "queued"];
      for (const id of stages) await anna.analysis.create.mutate(sampleAnalysis({ id }));

      // Computed and checked; to be stored it has to have the analysis to itself.
      let release = service.hold();
      const checked = await begin("checked");
      await service.nextCall();
      const row = await lock(databaseUrl, "select 1 from analysis_results where id = 'checked' for update");
      release();
      await checked.watched.until(({ progress }) => progress >= 80);
      // Stored, but the queue has not been told.
      release = service.hold();
      const stored = await begin("stored");
      await service.nextCall();
      const job = await lock(
        databaseUrl,
        `select 1 from pgboss.job where id = '${stored.taskId}' for update`,
      );
      release();
      await stored.watched.ended;
      // In the midst of computing.
      release = service.hold();
      const computing = await begin("computing");
      await service.nextCall();
      // Taken, and no sample read yet.
      const table = await lock(databaseUrl, "lock table analysis_samples in access exclusive mode");
      const loading = await begin("loading");
      await loading.watched.until(({ status }) => status === "PROCESSING");
      // Four are worked on at a time: this one waits.
      const queued = await begin("queued");
      await queued.watched.until(({ status }) => status === "PENDING");

      await workers[0]?.kill("SIGKILL");
      const killedAt = Date.now();
      await Promise.all([row(), job(), table()]);
      release();
      await startWorker();
      const all = [checked, stored, computing, loading, queued];
      await Promise.all(all.map(({ watched }) => watched.ended));
      expect(Date.now() - killedAt).toBeLessThan(RECOVERY_MS);

      for (const { watched } of all) {
        expect(watched.states.at(-1)).toMatchObject({ status: "COMPLETED", progress: 100 });
        expect(stepsBack(watched.states)).toEqual([]);
        expect(new Set(watched.ids).size).toBe(watched.ids.length);
      }
      const sql = postgres(databaseUrl, { max: 1 });
      const results = await sql`select count(*)::int as n from peg_comparison_results group by analysis_id`;
      const tasks = await sql`select status, count(*)::int as n from peg_comparison_tasks group by 1`;
      await sql.end();
      expect(results.map(({ n }) => n)).toEqual([2, 2, 2, 2, 2]);
      expect([...tasks]).toEqual([{ status: "COMPLETED", n: 5 }]);
    },
    HANGS_MS,
  );

  it.concurrent(
    "cleanly lets a short task end, gives back what it does not finish in time, takes none, and ends with 0 (B12)",
    async () => {
      const { service, workers, clientOf, startWorker } = await start({ apis: 1, workers: 1 });
      const anna = await clientOf("anna");
      const send = async () => {
        const { id } = await anna.analysis.create.mutate(sampleAnalysis());
        await anna.pegComparison.get.query({ id, async: true });
        return watch(anna, id);
      };
      const begin = async () => {
        const watched = await send();
        await service.nextCall();
        return watched;
      };
      const releaseShort = service.hold();
      const short = await begin();
      // Those that are asked for from now on are held apart from it.
      const release = service.hold();
      const long = [await begin(), await begin(), await begin()];
      // Four are worked on at a time: this one waits.
      const queued = await send();
      await queued.until(({ status }) => status === "PENDING");
      const stopped = workers[0]?.kill("SIGTERM", 40_000);
      await workers[0]?.waitForLine(/"stopping"/);
      releaseShort();
      await short.ended;
      expect(await stopped).toEqual({ code: 0, signal: null });
      expect(short.states.at(-1)).toMatchObject({ status: "COMPLETED" });
      expect(long.map(({ states }) => states.at(-1)?.status)).toEqual(long.map(() => "PROCESSING"));
      expect(queued.states.map(({ status }) => status)).toEqual(["PENDING"]);
      await startWorker();
      release();
      for (const watched of [...long, queued]) {
        await watched.ended;
        expect(watched.states.at(-1)).toMatchObject({ status: "COMPLETED" });
        expect(stepsBack(watched.states)).toEqual([]);
      }
    },
    HANGS_MS,
  );

  it.concurrent(
    "or an API process that is, and comes back, loses no watcher (T20)",
    async () => {
      const { service, clientOf, restartApi } = await start({ apis: 2, workers: 1 });
      const anna = await clientOf("anna", 0);
      const release = service.hold();
      const { id } = await anna.analysis.create.mutate(sampleAnalysis());
      await anna.pegComparison.get.query({ id, async: true });
      const both = [watch(anna, id), watch(await clientOf("anna", 1), id)];
      await Promise.all(both.map((one) => one.until(({ progress }) => progress > 0)));
      await restartApi(0);
      release();
      await Promise.all(both.map(({ ended }) => ended));
      for (const { states, ids } of both) {
        expect(states.at(-1)).toMatchObject({ status: "COMPLETED" });
        expect(stepsBack(states)).toEqual([]);
        expect(new Set(ids).size).toBe(ids.length);
      }
    },
    HANGS_MS,
  );
});
