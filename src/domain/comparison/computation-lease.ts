import { randomUUID } from "node:crypto";
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { PlainText } from "../../contract/words.js";
import { announceTaskOf } from "../../db/changes.js";
import { isDatabaseAway, isForeignKeyViolation } from "../../db/errors.js";
import { analysisResults, pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";
import { DataMovedError, databaseAway, PegError } from "../errors.js";
import type { AttemptOutcome } from "../metrics.js";
import { expectedEnd } from "../task/estimate.js";
import { taskError } from "../task/task-state.js";
import { createProgress, type Progress } from "./progress.js";
import type { ComparisonKey } from "./stored-comparison.js";

const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Whatever takes longer hangs, and is left to a successor. */
const MAX_RENEWALS = 720;
/** Whoever waits is told when the task changes, and looks by itself in case that was not heard. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 500;

/** The right to compute, for as long as it is renewed. */
export interface Lease {
  taskId: string;
  attemptToken: string;
  /** Of the analysis, as far as they are known. */
  rows: number;
  progress: Progress;
  /** What is done under it. Aborts by LeaseLost where it would count for nothing. */
  work: AbortController;
  /** Stops renewing; the task's row says how it ended. */
  stop(): void;
}

// By the database's clock, which all processes share.
const leaseEnd = sql`now() + make_interval(secs => ${LEASE_MS / 1000})`;
const past = sql`now() - interval '1 second'`;

/** What a task's row begins with, or begins anew with where another attempt takes over. */
export function newTask(key: ComparisonKey) {
  const rows = sql`(select row_count from ${analysisResults} where id = ${key.analysisId})`;
  return {
    values: { ...key, rowCount: rows, attemptToken: randomUUID(), estimatedCompletion: expectedEnd(rows) },
    target: [pegComparisonTasks.analysisId, pegComparisonTasks.revision, pegComparisonTasks.algorithmVersion],
    targetWhere: sql`status in ('PENDING', 'PROCESSING')`,
    /** Of a task that nobody works on yet. */
    unclaimed: { status: "PENDING" as const, leaseUntil: past },
  };
}

function claimed(attemptToken: string) {
  return {
    status: "PROCESSING" as const,
    attemptToken,
    leaseUntil: leaseEnd,
    updatedAt: sql`now()`,
    startedAt: sql`now()`,
    version: sql`${pegComparisonTasks.version} + 1`,
    estimatedCompletion: expectedEnd(sql`${pegComparisonTasks.rowCount}`),
  };
}

/** Those who watch are told that it is worked on: what is done of it may take its time to show. */
const toldAndTask = {
  id: pegComparisonTasks.id,
  rows: pegComparisonTasks.rowCount,
  told: announceTaskOf(sql`${pegComparisonTasks.id}`),
};

/** A task without its analysis cannot be: the error of whoever starts one when it is deleted. */
export function asDataMoved(error: unknown): unknown {
  return isForeignKeyViolation(error) ? new DataMovedError("the analysis was deleted meanwhile") : error;
}

/** @returns the lease, or the id of the task in which another process computes the same now */
export async function claimComputation(
  services: Services,
  key: ComparisonKey,
): Promise<Lease | { taskId: string }> {
  const { db } = services;
  const { values, target, targetWhere } = newTask(key);
  const { attemptToken } = values;
  const [mine] = await db
    .insert(pegComparisonTasks)
    .values({ ...values, status: "PROCESSING", startedAt: sql`now()`, leaseUntil: leaseEnd })
    .onConflictDoUpdate({
      target,
      targetWhere,
      set: claimed(attemptToken),
      setWhere: lt(pegComparisonTasks.leaseUntil, sql`now()`),
    })
    .returning(toldAndTask)
    .catch((error: unknown) => {
      throw asDataMoved(error);
    });
  if (mine) return holdLease(services, mine, attemptToken);
  const other = await findRunningTask(services, key);
  // Between the two statements it may have ended: then the next claim succeeds.
  return other === undefined ? claimComputation(services, key) : { taskId: other };
}

const isRunning = inArray(pegComparisonTasks.status, ["PENDING", "PROCESSING"]);

/** The task in which the comparison is computed, or will be: there is one at most. */
export const runningTaskOf = ({ analysisId, revision, algorithmVersion }: ComparisonKey) =>
  and(
    eq(pegComparisonTasks.analysisId, analysisId),
    eq(pegComparisonTasks.revision, revision),
    eq(pegComparisonTasks.algorithmVersion, algorithmVersion),
    isRunning,
  );

/** The id of that task. */
export async function findRunningTask({ db }: Services, key: ComparisonKey): Promise<string | undefined> {
  const { id } = pegComparisonTasks;
  const [task] = await db.select({ id }).from(pegComparisonTasks).where(runningTaskOf(key));
  return task?.id;
}

/** @returns undefined where the task is finished, or another process works on it */
export async function claimTask(services: Services, taskId: string): Promise<Lease | undefined> {
  const attemptToken = randomUUID();
  const [mine] = await services.db
    .update(pegComparisonTasks)
    .set(claimed(attemptToken))
    .where(and(eq(pegComparisonTasks.id, taskId), isRunning, lt(pegComparisonTasks.leaseUntil, sql`now()`)))
    .returning(toldAndTask);
  return mine && holdLease(services, mine, attemptToken);
}

/** The task has ended meanwhile, or another attempt took it over. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

function holdLease(
  services: Services,
  { id: taskId, rows }: { id: string; rows: number | null },
  attemptToken: string,
): Lease {
  const { db, logger } = services;
  let renewals = 0;
  const work = new AbortController();
  const timer = setInterval(() => {
    if (++renewals > MAX_RENEWALS) clearInterval(timer);
    db.update(pegComparisonTasks)
      .set({ leaseUntil: leaseEnd, updatedAt: sql`now()` })
      .where(
        and(eq(pegComparisonTasks.attemptToken, attemptToken), eq(pegComparisonTasks.status, "PROCESSING")),
      )
      .returning({ id: pegComparisonTasks.id })
      .then((mine) => {
        if (!mine.length) work.abort(new LeaseLost());
      })
      .catch((error: unknown) =>
        logger.warn({ err: error, task_id: taskId }, "the lease of a computation was not renewed"),
      );
  }, RENEW_MS);
  timer.unref();
  const progress = createProgress(services, taskId, attemptToken);
  const stop = () => {
    clearInterval(timer);
    progress.stop();
  };
  return { taskId, attemptToken, rows: rows ?? 0, progress, work, stop };
}

/** How an attempt ended that did not store a comparison. */
export interface AttemptEnd {
  error?: unknown;
  /** Gives the task back instead of ending it: where a job sees to it, or to whoever takes it. */
  handBack?: "to its job" | "to anybody" | undefined;
}

/** What those who wait elsewhere may hear of a failure. */
function tellable(error: unknown): PegError {
  if (error instanceof PegError) return error;
  return isDatabaseAway(error)
    ? databaseAway(error)
    : new PegError("INTERNAL_ERROR", "The comparison failed.");
}

/**
 * Notes how an attempt ended, for those who wait for it elsewhere.
 *
 * @returns what became of the task; `superseded` where it was not this attempt's any more
 */
export async function endComputation(
  services: Services,
  lease: Lease,
  { error, handBack }: AttemptEnd = {},
): Promise<AttemptOutcome> {
  const { status, version, attemptToken, queued, id } = pegComparisonTasks;
  const mine = and(eq(attemptToken, lease.attemptToken), eq(status, "PROCESSING"));
  const giveBack = async (): Promise<boolean> => {
    // Its state stays: to those who watch it goes on. Under another token, so that no renewal on its way renews it.
    const kept = await services.db
      .update(pegComparisonTasks)
      .set({
        leaseUntil: past,
        attemptToken: sql`gen_random_uuid()`,
        estimatedCompletion: null,
        updatedAt: sql`now()`,
      })
      .where(handBack === "to anybody" ? mine : and(mine, queued))
      .returning({ id, told: announceTaskOf(sql`${id}`) });
    return kept.length > 0;
  };
  if (handBack && (await giveBack())) return "handed_back";
  const failed = error !== undefined;
  const { code, message, details, retryAfter } = tellable(error);
  const ended = await services.db
    .update(pegComparisonTasks)
    .set({
      status: failed ? "FAILED" : "COMPLETED",
      version: sql`${version} + 1`,
      ...(failed ? {} : { progress: 100 }),
      errorCode: failed ? code : null,
      errorMessage: failed ? message : null,
      errorDetails: failed ? { details, retryAfter } : null,
      updatedAt: sql`now()`,
      // Nothing was computed, from which the next could be estimated.
      startedAt: null,
      estimatedCompletion: failed ? null : sql`now()`,
      finishedAt: sql`now()`,
    })
    .where(handBack ? and(mine, eq(queued, false)) : mine)
    .returning({ told: announceTaskOf(sql`${id}`) });
  if (ended.length) return failed ? "failed" : "completed";
  // Whoever waited for it may have given it a job in between.
  return handBack && (await giveBack()) ? "handed_back" : "superseded";
}

/**
 * Waits while another process computes.
 *
 * @param whileAbandoned whether it waits on while nobody does
 * @returns `done`, or `abandoned` where that process let its lease run out or gave the task back
 * @throws PegError the error that the computation ended with
 */
export async function awaitComputation(
  { db, signals }: Services,
  taskId: string,
  { signal, whileAbandoned = false }: { signal?: AbortSignal; whileAbandoned?: boolean } = {},
): Promise<"done" | "abandoned"> {
  const alarm = signals.alarm(`task/${taskId}`);
  try {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LAST_LOOK_MS)) {
      await alarm.wait(pause, signal);
      signal?.throwIfAborted();
      const [task] = await db
        .select({
          status: pegComparisonTasks.status,
          abandoned: sql<boolean>`${pegComparisonTasks.leaseUntil} < now()`,
          errorCode: pegComparisonTasks.errorCode,
          errorMessage: pegComparisonTasks.errorMessage,
          errorDetails: pegComparisonTasks.errorDetails,
        })
        .from(pegComparisonTasks)
        .where(eq(pegComparisonTasks.id, taskId));
      if (!task || task.status === "COMPLETED") return "done";
      if (task.status === "FAILED") throw taskError(task);
      if (task.abandoned && !whileAbandoned) return "abandoned";
    }
  } finally {
    alarm.close();
  }
}

/** Ends the tasks of an analysis whose data is no more what they are about. */
export async function endMovedTasks(tx: Services["db"], analysisId: string): Promise<void> {
  const { id, version } = pegComparisonTasks;
  await tx
    .update(pegComparisonTasks)
    .set({
      status: "FAILED",
      version: sql`${version} + 1`,
      errorCode: "CONFLICT",
      errorMessage:
        "The data was replaced while it was compared. Ask for the comparison again." satisfies PlainText,
      errorDetails: {},
      updatedAt: sql`now()`,
      estimatedCompletion: null,
      finishedAt: sql`now()`,
    })
    .where(and(eq(pegComparisonTasks.analysisId, analysisId), isRunning))
    .returning({ told: announceTaskOf(sql`${id}`) });
}
