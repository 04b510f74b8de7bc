import { loadRawData } from "../analysis/stored-raw-data.js";
import type { Services } from "../context.js";
import { DataMovedError, PegError, serverStops } from "../errors.js";
import type { AttemptOutcome } from "../metrics.js";
import type { Leave } from "../room.js";
import {
  awaitComputation,
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

/** Who may have a task that failed here for what passes: of a process that stops any other one. */
function whoGoesOn({ stopping }: Services): "to anybody" | "to its job" {
  return stopping.aborted ? "to anybody" : "to its job";
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
    // Before its data is loaded for nothing.
    services.analysisService.check();
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
    const handBack = signal?.aborted ? "to anybody" : isEnd(error) ? undefined : whoGoesOn(services);
    // Where this cannot be noted the lease runs out, and whoever waits takes over.
    outcome = await endComputation(services, lease, { error: told, handBack }).catch((failure: unknown) => {
      const about = { err: failure, task_id: lease.taskId, request_id: requestId };
      services.logger.warn(about, "a failed computation could not be noted");
      return "handed_back" as const;
    });
    throw error;
  } finally {
    services.metrics.computation(outcome, (performance.now() - start) / 1000);
    lease.stop();
    signal?.removeEventListener("abort", stop);
  }
}

/** Waits for another process; that the data moved under it is no failure for those who wait. */
async function awaitOther(
  services: Services,
  taskId: string,
  options: Parameters<typeof awaitComputation>[2] = {},
): Promise<"done" | "abandoned"> {
  try {
    return await awaitComputation(services, taskId, options);
  } catch (error) {
    if (error instanceof PegError && error.code === "CONFLICT") throw new DataMovedError(error.words);
    throw error;
  }
}

/**
 * Waits in line for the rows of a lease, and leaves the task to whoever has room meanwhile.
 *
 * @returns undefined where it was stored elsewhere
 * @throws PegError SERVICE_UNAVAILABLE where this process stops; the error that the task ended with, if no other attempt
 *   can do better; as `check` of the analysis service
 */
async function waitForRoom(services: Services, lease: Lease): Promise<Leave | undefined> {
  const { comparisons, stopping } = services;
  lease.stop();
  await giveToWhoeverHasRoom(services, lease);
  const over = new AbortController();
  const stop = () => over.abort(serverStops(stopping.reason));
  if (stopping.aborted) stop();
  else stopping.addEventListener("abort", stop);
  const entered = comparisons.enter(lease.rows, over.signal);
  let leave: Leave | undefined;
  try {
    leave = await Promise.race([entered, endedElsewhere(services, lease.taskId, over.signal)]);
    return leave;
  } finally {
    stopping.removeEventListener("abort", stop);
    over.abort();
    // It may have been let in just as the task ended.
    entered.then((late) => late !== leave && late()).catch(() => undefined);
  }
}

/** Tells that a task is stored, or failed for good. Whatever else befalls it, the line goes on. */
function endedElsewhere(services: Services, taskId: string, signal: AbortSignal): Promise<undefined> {
  return awaitOther(services, taskId, { signal, whileAbandoned: true }).then(
    () => undefined,
    (error: unknown) => {
      if (!mayPass(error)) throw error;
      return new Promise<never>(() => {});
    },
  );
}

/** Ends the task instead where the service is left alone: nobody could do anything with it. */
async function giveToWhoeverHasRoom(services: Services, lease: Lease): Promise<void> {
  try {
    services.analysisService.check();
  } catch (error) {
    await endComputation(services, lease, { error, handBack: whoGoesOn(services) });
    throw error;
  }
  await endComputation(services, lease, { handBack: "to anybody" });
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
  let leave: Leave | undefined;
  try {
    for (;;) {
      const claim = await claimComputation(services, key);
      if ("attemptToken" in claim) {
        leave ??= services.comparisons.enterNow(claim.rows);
        if (!leave) {
          leave = await waitForRoom(services, claim);
          if (leave) continue;
        } else {
          const result = await computeUnderLease(services, key, claim, attempt);
          if (result) return result;
        }
      }
      leave?.();
      leave = undefined;
      if ((await awaitOther(services, claim.taskId)) === "done") {
        const stored = await loadStoredComparison(services, key);
        if (stored) return { comparison: stored, computedHere: false };
        throw new DataMovedError("the data was replaced while it was compared");
      }
    }
  } finally {
    leave?.();
  }
}
