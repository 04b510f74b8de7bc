import { ConstantBackoff, handleWhen, retry } from "cockatiel";
import type { Deadline } from "./deadline.js";
import { AttemptFailure } from "./failure.js";
import type { AnalysisServiceLogger } from "./options.js";
import type { RetryBudget } from "./retry-budget.js";

export interface RetryOptions {
  retries: number;
  retryBaseMs: number;
  budget: RetryBudget;
  random: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  logger?: AnalysisServiceLogger | undefined;
}

/**
 * Runs attempts until one succeeds, none may follow, or the deadline would pass in the wait.
 * The wait doubles each time, with full jitter, and is never shorter than the service's Retry-After.
 *
 * @returns a function that gives what the attempt gives
 * @throws the last AttemptFailure, or the deadline's reason
 */
export function createRetrying(options: RetryOptions) {
  const { retries, retryBaseMs, budget, random, sleep, logger } = options;
  // cockatiel counts; the wait is ours, since its own cannot be aborted.
  const policy = retry(
    handleWhen((error) => error instanceof AttemptFailure && error.retryable),
    { maxAttempts: retries, backoff: new ConstantBackoff(0) },
  );

  return <T>(attempt: () => Promise<T>, deadline: Deadline, requestId: string): Promise<T> => {
    let last: AttemptFailure | undefined;
    budget.deposit();
    return policy.execute(async ({ attempt: nth }) => {
      if (last) {
        const waitMs = Math.max(random() * retryBaseMs * 2 ** (nth - 1), last.about.retryAfterMs ?? 0);
        if (waitMs >= deadline.remaining() || !budget.withdraw()) {
          last.retryable = false;
          throw last;
        }
        const { kind, about } = last;
        const fields = {
          request_id: requestId,
          retry: nth,
          kind,
          status: about.status,
          wait_ms: Math.round(waitMs),
        };
        logger?.warn(fields, "mcp attempt failed, trying again");
        await sleep(waitMs, deadline.signal);
      }
      deadline.signal.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof AttemptFailure) last = error;
        throw error;
      }
    });
  };
}
