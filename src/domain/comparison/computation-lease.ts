import { randomUUID } from "node:crypto";
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { ERROR_CODES, type ErrorCode } from "../../contract/errors.js";
import { isForeignKeyViolation } from "../../db/errors.js";
import { pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";
import { DataMovedError, PegError } from "../errors.js";
import type { ComparisonKey } from "./stored-comparison.js";

const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Whatever takes longer hangs, and is left to a successor. */
const MAX_RENEWALS = 720;
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 500;

/** The right to compute, for as long as it is renewed. */
export interface Lease {
  taskId: string;
  attemptToken: string;
  /** Stops renewing; the task's row says how it ended. */
  stop(): void;
}

// By the database's clock, which all processes share.
const leaseEnd = sql`now() + make_interval(secs => ${LEASE_MS / 1000})`;

/** @returns the lease, or the id of the task in which another process computes the same now */
export async function claimComputation(
  services: Services,
  key: ComparisonKey,
): Promise<Lease | { taskId: string }> {
  const { db } = services;
  const attemptToken = randomUUID();
  const running = inArray(pegComparisonTasks.status, ["PENDING", "PROCESSING"]);
  const [mine] = await db
    .insert(pegComparisonTasks)
    .values({ ...key, status: "PROCESSING", attemptToken, leaseUntil: leaseEnd })
    .onConflictDoUpdate({
      target: [
        pegComparisonTasks.analysisId,
        pegComparisonTasks.revision,
        pegComparisonTasks.algorithmVersion,
      ],
      targetWhere: sql`status in ('PENDING', 'PROCESSING')`,
      set: { status: "PROCESSING", attemptToken, leaseUntil: leaseEnd, updatedAt: sql`now()` },
      setWhere: lt(pegComparisonTasks.leaseUntil, sql`now()`),
    })
    .returning({ id: pegComparisonTasks.id })
    .catch((error: unknown) => {
      throw isForeignKeyViolation(error) ? new DataMovedError("the analysis was deleted meanwhile") : error;
    });
  if (mine) return holdLease(services, mine.id, attemptToken);
  const [other] = await db
    .select({ id: pegComparisonTasks.id })
    .from(pegComparisonTasks)
    .where(
      and(
        eq(pegComparisonTasks.analysisId, key.analysisId),
        eq(pegComparisonTasks.revision, key.revision),
        eq(pegComparisonTasks.algorithmVersion, key.algorithmVersion),
        running,
      ),
    );
  // Between the two statements it may have ended: then the next claim succeeds.
  return other ? { taskId: other.id } : claimComputation(services, key);
}

function holdLease({ db, logger }: Services, taskId: string, attemptToken: string): Lease {
  let renewals = 0;
  const timer = setInterval(() => {
    if (++renewals > MAX_RENEWALS) clearInterval(timer);
    db.update(pegComparisonTasks)
      .set({ leaseUntil: leaseEnd, updatedAt: sql`now()` })
      .where(eq(pegComparisonTasks.attemptToken, attemptToken))
      .catch((error: unknown) =>
        logger.warn({ err: error, taskId }, "the lease of a computation was not renewed"),
      );
  }, RENEW_MS);
  timer.unref();
  return { taskId, attemptToken, stop: () => clearInterval(timer) };
}

/** Notes how a computation ended, for those who wait for it elsewhere. */
export async function endComputation(services: Services, lease: Lease, error?: unknown): Promise<void> {
  const failed = error !== undefined;
  const { code, message, details, retryAfter } =
    error instanceof PegError ? error : new PegError("INTERNAL_ERROR", "The comparison failed.");
  await services.db
    .update(pegComparisonTasks)
    .set({
      status: failed ? "FAILED" : "COMPLETED",
      errorCode: failed ? code : null,
      errorMessage: failed ? message : null,
      errorDetails: failed ? { details, retryAfter } : null,
      updatedAt: sql`now()`,
      finishedAt: sql`now()`,
    })
    .where(
      and(
        eq(pegComparisonTasks.attemptToken, lease.attemptToken),
        eq(pegComparisonTasks.status, "PROCESSING"),
      ),
    );
}

/**
 * Waits while another process computes.
 *
 * @returns `done`, or `abandoned` where that process let its lease run out
 * @throws PegError the error that the computation ended with
 */
export async function awaitComputation({ db }: Services, taskId: string): Promise<"done" | "abandoned"> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LAST_LOOK_MS)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
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
    if (task.status === "FAILED") {
      const code =
        ERROR_CODES.find((known) => known === task.errorCode) ?? ("INTERNAL_ERROR" satisfies ErrorCode);
      throw new PegError(code, task.errorMessage ?? "The comparison failed.", task.errorDetails ?? {});
    }
    if (task.abandoned) return "abandoned";
  }
}
