import type { Boss } from "./adapters/queue/boss.js";
import { startWorker } from "./adapters/queue/worker.js";
import type { SqlRunner } from "./db/run-sql.js";
import type { Services } from "./domain/context.js";
import { adoptTasks } from "./domain/task/adopt-tasks.js";
import { retireTasks } from "./domain/task/retire-tasks.js";
import { COMPARE_TASK, loadCompareTask, loadDeadTask } from "./jobs/compare-task.js";

/** Comparisons at a time for jobs; calls that wait for theirs are not counted. */
const JOBS_AT_A_TIME = 4;
/** How long a stopping worker lets its jobs end before it gives them back. */
const GRACE_MS = 20_000;
const RETIRE_EVERY_MS = 3_600_000;
const ADOPT_EVERY_MS = 30_000;

export interface Workers {
  /** Takes no more jobs, and resolves once those that run have ended or are given back. */
  stop(): Promise<void>;
}

/** Runs jobs in this process; from time to time takes up what nobody works on, and removes what nobody asks for. */
export function startWorkers(services: Services, boss: Boss, run: SqlRunner): Workers {
  const { logger, metrics, signals } = services;
  const work = (queue: string, concurrency: number, load: typeof loadCompareTask) =>
    startWorker({
      boss,
      run,
      logger,
      metrics,
      queue,
      concurrency,
      alarm: signals.alarm("jobs/"),
      handle: async (job) => (await load())(services, job),
    });
  const workers = [
    work(COMPARE_TASK.name, JOBS_AT_A_TIME, loadCompareTask),
    work(COMPARE_TASK.deadLetter, 1, loadDeadTask),
  ];
  const regularly = (everyMs: number, work: (services: Services) => Promise<void>, complaint: string) =>
    setInterval(() => {
      work(services).catch((error: unknown) => logger.warn({ err: error }, complaint));
    }, everyMs).unref();
  const upkeep = [
    regularly(RETIRE_EVERY_MS, retireTasks, "old tasks were not removed"),
    regularly(ADOPT_EVERY_MS, adoptTasks, "tasks that nobody works on were not taken up"),
  ];
  return {
    async stop() {
      for (const timer of upkeep) clearInterval(timer);
      await Promise.all(workers.map((worker) => worker.stop(GRACE_MS)));
    },
  };
}
