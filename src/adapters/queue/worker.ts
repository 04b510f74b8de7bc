import type PgBoss from "pg-boss";
import { PutOff } from "../../domain/errors.js";
import type { Metrics } from "../../domain/metrics.js";
import type { JobRun, Logger, SqlRunner } from "../../domain/ports.js";

export interface WorkerOptions {
  boss: PgBoss;
  run: SqlRunner;
  logger: Logger;
  metrics: Pick<Metrics, "queueFailure">;
  queue: string;
  /** Jobs at a time. */
  concurrency: number;
  /** @throws PutOff for a job that is to come again later; anything else counts as one of its runs */
  handle(job: JobRun): Promise<void>;
  /** Rings when there may be a job. */
  alarm: { ring(): void; wait(ms: number): Promise<unknown> };
}

export interface Worker {
  /** Takes no more jobs; lets those that run end, and has the rest given back after a while. */
  stop(graceMs: number): Promise<void>;
}

/** In case a call was not heard, and for retries, which nobody calls for. */
const LOOK_EVERY_MS = 1_000;
const RENEW_MS = 5_000;
/** For a run that has to stop, to say so to the database. */
const HAND_BACK_MS = 3_000;

interface FetchedJob {
  id: string;
  data: unknown;
  retryCount: number;
  retryLimit: number;
}

/**
 * Takes jobs from a queue and runs them.
 *
 * Not by pg-boss's own `work`: it asks at intervals, does not wait for its word on how a job ended to be written, and
 * lets a run expire that still goes on.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { boss, run, logger, metrics, queue, concurrency, handle, alarm } = options;
  // By run: a job that expired may run here once more while its first run goes on.
  const running = new Map<object, { id: string; done: Promise<void> }>();
  const handBack = new AbortController();
  let stopping = false;
  let away = false;

  /** Its own `fetch` takes an error for an empty queue. */
  const fetch = async (batchSize: number): Promise<FetchedJob[]> => {
    let failure: unknown;
    const db = {
      executeSql: (text: string, values: unknown[]) =>
        run(text, values).catch((error: unknown) => {
          failure = error;
          throw error;
        }) as never,
    };
    const jobs = await boss.fetch<unknown>(queue, { batchSize, includeMetadata: true, ...{ db } });
    if (failure !== undefined) throw failure;
    return jobs;
  };

  /** As if it had never run: it was no failure of the job, of which there may be a few only. */
  const giveBack = async ({ id, retryCount }: FetchedJob, about: object, seconds: number): Promise<void> => {
    // A run that was taken for dead does not give back the one that follows it.
    // Behind those that came meanwhile, where it is put off: the oldest are looked at first.
    const text = `update pgboss.job set state = 'created', started_on = null,
        start_after = now() + make_interval(secs => $3::float8),
        created_on = case when $3::float8 > 0 then now() else created_on end
      where name = $1 and id = $2::uuid and state = 'active' and retry_count = $4`;
    await run(text, [queue, id, seconds, retryCount]).catch((error: unknown) => {
      metrics.queueFailure("fail");
      logger.warn(
        { err: error, ...about },
        "a job could not be given back: it is run again once it has expired",
      );
    });
  };

  /** @returns whether it was put off */
  const runJob = async (job: FetchedJob): Promise<boolean> => {
    const { id, data, retryCount, retryLimit } = job;
    const { taskId, requestId } = (data ?? {}) as { taskId?: unknown; requestId?: unknown };
    const about = { task_id: taskId, request_id: requestId };
    try {
      const last = retryCount >= retryLimit;
      await handle({ data, last, signal: handBack.signal });
      await boss.complete(queue, id).catch((error: unknown) => {
        metrics.queueFailure("complete");
        throw error;
      });
    } catch (error) {
      const putOff = error instanceof PutOff;
      if (putOff || handBack.signal.aborted) {
        if (putOff)
          logger.debug({ ...about, seconds: error.seconds, reason: error.reason }, "a job was put off");
        await giveBack(job, about, putOff ? error.seconds : 0);
        return putOff;
      }
      const { name, code } = error as { name?: string; code?: string };
      logger.warn({ err: error, ...about, retry_count: retryCount, retry_limit: retryLimit }, "a job failed");
      // Where this does not reach the database either, the job expires and is run again.
      await boss.fail(queue, id, { name, code }).catch((failure: unknown) => {
        metrics.queueFailure("fail");
        logger.warn({ err: failure, ...about }, "a failed job could not be noted");
      });
    }
    return false;
  };

  const take = async (): Promise<void> => {
    const free = concurrency - running.size;
    if (free <= 0) return;
    const jobs = await fetch(free);
    if (away) logger.info({ queue }, "jobs are taken again");
    away = false;
    for (const job of jobs) {
      const done = runJob(job).then((putOff) => {
        running.delete(job);
        // The next one would be as well, likely: of a long queue the database would be asked without a pause.
        if (!putOff) alarm.ring();
      });
      running.set(job, { id: job.id, done });
    }
  };

  const loop = (async () => {
    while (!stopping) {
      await take().catch((error: unknown) => {
        metrics.queueFailure("fetch");
        if (!away) logger.error({ err: error, queue }, "jobs cannot be taken: the database does not answer");
        away = true;
      });
      await alarm.wait(LOOK_EVERY_MS);
    }
  })();

  // pg-boss 10 has no heartbeat; a run is as old as its start, so the start moves along while it runs.
  const renew = setInterval(() => {
    if (!running.size) return;
    const text =
      "update pgboss.job set started_on = now() where name = $1 and id = any($2::uuid[]) and state = 'active'";
    run(text, [queue, [...running.values()].map(({ id }) => id)]).catch((error: unknown) => {
      metrics.queueFailure("renew");
      logger.warn({ err: error }, "running jobs were not renewed");
    });
  }, RENEW_MS);
  renew.unref();

  return {
    async stop(graceMs) {
      stopping = true;
      alarm.ring();
      // What is being taken right now begins to run once it is taken.
      const ended = loop.then(() => Promise.all([...running.values()].map(({ done }) => done)));
      await Promise.race([ended, pause(graceMs)]);
      handBack.abort(new Error("the worker stops"));
      await Promise.race([ended, pause(HAND_BACK_MS)]);
      clearInterval(renew);
      await loop;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
