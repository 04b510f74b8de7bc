import type { RetryBudgetOptions } from "./options.js";

export interface RetryBudget {
  /** Notes one call, which earns a share of a retry. */
  deposit(): void;
  /** Takes one retry. False where none is left. */
  withdraw(): boolean;
}

/**
 * A bucket of retries for all calls together. Few calls may retry as configured; many failing calls
 * may not multiply the load on a service that is down already.
 *
 * @param now ms, any origin
 */
export function createRetryBudget(options: RetryBudgetOptions, now: () => number): RetryBudget {
  const { capacity = 20, perSecond = 3, perCall = 0.1 } = options;
  let tokens = capacity;
  let last = now();
  /** By calls, since `last`. */
  let earned = 0;
  const add = (amount: number) => {
    tokens = Math.min(capacity, tokens + amount);
  };
  return {
    deposit: () => {
      earned += perCall;
      add(perCall);
    },
    withdraw: () => {
      const at = now();
      // Not on top of what the calls earned: then a great load would be multiplied by it as well.
      add(Math.max(0, (Math.max(0, at - last) / 1000) * perSecond - earned));
      last = at;
      earned = 0;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
