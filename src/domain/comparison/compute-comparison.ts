import { loadRawData } from "../analysis/stored-raw-data.js";
import type { Services } from "../context.js";
import { DataMovedError, PegError, serverStops } from "../errors.js";
import type { AttemptOutcome } from "../metrics.js";
import type { Leave } from "../room.js";
import {
  awaitComputation,
  beginAnew,
  claimComputation,
  endComputation,
  type Lease,
  LeaseLost,
} from "./computation-lease.js";
import type { ComputedComparison } from "./computed-comparison.js";
import { type ComparisonKey, loadStoredComparison, storeComparison } from "./stored-comparison.js";

export interface ComputationResult {
  comparison: ComputedComparison;
  /** False where another process computed it and this one read it from the database. */
  computedHere: boolean;
}

/** How an attempt is made. */
export interface Attempt {
  requestId: string;
  /** Uses the analysis service's asynchronous form, which tells how far it is. */
  withProgress?: boolean;
  /** Whether a failure is the task's end: else another attempt follows, where a job sees to the task. */
  isEnd?: (error: unknown) => boolean;
  signal?: AbortSignal | undefined;
  /** Hears of the comparison while it is being stored, which may fail yet. */
  onComputed?: ((comparison: ComputedComparison) => void) | undefined;
}

/** Whether another attempt may succeed where this one failed. */
export function mayPass(error: unknown): boolean {
  if (error instanceof DataMovedError) return false;
  if (!(error instanceof PegError)) return true;
  return error.retryable || error.passing || error.code === "INTERNAL_ERROR";
}

/** @returns undefined where another process took over, and its outcome counts */
export async function computeUnderLease(
  services: Services,
  key: ComparisonKey,
  lease: Lease,
  attempt: Attempt,
): Promise<ComputationResult | undefined> {
  const { analysisId, algorithmVersion } = key;
  const { progress, work } = lease;
  const { requestId, withProgress, signal, isEnd = (error) => !mayPass(error), onComputed } = attempt;
  const stop = () => work.abort(signal?.reason);
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop);
  const { tracing } = services;
  const start = performance.now();
  let outcome: AttemptOutcome = "completed";
  try {
    work.signal.throwIfAborted();
    // Between the look-up and the claim another process may have finished.
    const found = await loadStoredComparison(services, key);
    if (found) {
      outcome = "superseded";
      await endComputation(services, lease);
      return { comparison: found, computedHere: false };
    }
    const data = await tracing.span("database raw data", {}, () =>
      loadRawData(services, analysisId, key.revision),
    );
    if (!data) throw new DataMovedError("the raw data is of another revision");
    progress.reach("loaded");
    const onProgress = withProgress
      ? (share: number) => {
          progress.reach("sent");
          progress.compute(share);
        }
      : undefined;
    const request = { analysisId, data, algorithmVersion, requestId, onProgress };
    const comparison = await services.analysisService.compare(request, work.signal);
    progress.reach("checked");
    const storing = tracing.span("database store comparison", {}, () =>
      storeComparison(services, key, lease.attemptToken, comparison),
    );
    // It is awaited below, whatever comes in between.
    storing.catch(() => undefined);
    onComputed?.(comparison);
    const stored = await storing;
    if (stored === "moved") throw new DataMovedError("the data was replaced while it was compared");
    if (stored === "stored") return { comparison, computedHere: true };
    outcome = "superseded";
    return undefined;
  } catch (error) {
    if (work.signal.reason instanceof LeaseLost) {
      outcome = "superseded";
      return undefined;
    }
    const told = error instanceof DataMovedError ? new PegError("CONFLICT", error.words) : error;
    const handBack = signal?.aborted || !isEnd(error);
    outcome = handBack ? "handed_back" : "failed";
    // Where this cannot be noted the lease runs out, and whoever waits takes over.
    await endComputation(services, lease, { error: told, handBack }).catch((failure: unknown) =>
      services.logger.warn(
        { err: failure, task_id: lease.taskId, request_id: requestId },
        "a failed computation could not be noted",
      ),
    );
    throw error;
  } finally {
    services.metrics.computation(outcome, (performance.now() - start) / 1000);
    lease.stop();
    signal?.removeEventListener("abort", stop);
  }
}

/** Waits for another process; that the data moved under it is no failure for those who wait. */
async function awaitOther(services: Services, taskId: string): Promise<"done" | "abandoned"> {
  try {
    return await awaitComputation(services, taskId);
  } catch (error) {
    if (error instanceof PegError && error.code === "CONFLICT") throw new DataMovedError(error.words);
    throw error;
  }
}

/**
 * Waits for room for the rows of a lease.
 *
 * @throws PegError SERVICE_UNAVAILABLE where this process stops meanwhile: another may have the task
 */
async function enterRoom(services: Services, lease: Lease): Promise<Leave> {
  const { comparisons, stopping } = services;
  const leave = comparisons.enterNow(lease.rows);
  if (leave) return leave;
  let entered: Leave | undefined;
  try {
    entered = await comparisons.enter(lease.rows, stopping);
    await beginAnew(services, lease);
    return entered;
  } catch (cause) {
    entered?.();
    const error = stopping.aborted ? serverStops(cause) : cause;
    await endComputation(services, lease, { error, handBack: true }).catch(() => undefined);
    lease.stop();
    throw error;
  }
}

/**
 * Computes a comparison and stores it, unless another process does so already: then waits for that.
 *
 * @param attempt its `onComputed` may be called once for each attempt
 * @throws DataMovedError; PegError of the analysis service or the database
 */
export async function computeComparison(
  services: Services,
  key: ComparisonKey,
  attempt: Pick<Attempt, "requestId" | "onComputed">,
): Promise<ComputationResult> {
  for (;;) {
    const claim = await claimComputation(services, key);
    if ("attemptToken" in claim) {
      const leaveRoom = await enterRoom(services, claim);
      const result = await computeUnderLease(services, key, claim, attempt).finally(leaveRoom);
      if (result) return result;
    }
    if ((await awaitOther(services, claim.taskId)) === "done") {
      const stored = await loadStoredComparison(services, key);
      if (stored) return { comparison: stored, computedHere: false };
      throw new DataMovedError("the data was replaced while it was compared");
    }
  }
}
