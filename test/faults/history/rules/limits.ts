import { type Fault, type History, type Operation, UNCOUNTED, type Violation } from "../operations.js";
import { violation } from "./timeline.js";

/** Of the clocks' whole milliseconds, one at each end. */
const ROUNDING_MS = 2;

/** Of these nobody counted anything: refused for the limit, or by a process that does not run. */
const UNCHARGED = new Set<string | undefined>(["API_RATE_LIMIT_EXCEEDED", "ECONNREFUSED"]);

/** Whether it was charged: what is answered is. */
function isCharged({ outcome, error }: Operation): boolean {
  return outcome !== "unknown" && !UNCHARGED.has(error);
}

/**
 * That more calls of one user than the limit took place in less than the window. A call counted at some time between
 * its invocation and its end: only windows that surely hold it are looked at.
 */
export function exceededLimits({ operations, faults, limit }: History): Violation[] {
  const uncounted = faults.filter(({ kind }) => UNCOUNTED.has(kind));
  const byUser = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.kind !== "status" || !isCharged(operation)) continue;
    const calls = byUser.get(operation.user) ?? [];
    calls.push(operation);
    byUser.set(operation.user, calls);
  }
  const found: Violation[] = [];
  for (const [user, calls] of byUser) {
    // A window that holds the calls that end in it holds the most where it begins as one of them does.
    calls.sort((a, b) => a.endedAt - b.endedAt);
    for (let last = limit.calls; last < calls.length; last++) {
      const until = (calls[last] as Operation).endedAt;
      const from = until - limit.windowMs + ROUNDING_MS;
      const within: Operation[] = [];
      for (let i = last; i >= 0; i--) {
        const call = calls[i] as Operation;
        if (call.endedAt < from) break;
        if (call.invokedAt > from) within.push(call);
      }
      if (within.length <= limit.calls || uncounted.some((fault) => overlaps(fault, from, until))) continue;
      found.push(
        violation(
          "limit exceeded",
          `${within.length} calls of ${user} in ${limit.windowMs} ms, where ${limit.calls} are allowed`,
          ...within,
        ),
      );
      break;
    }
  }
  return found;
}

function overlaps({ startedAt, endedAt }: Fault, from: number, until: number): boolean {
  return startedAt < until && endedAt > from;
}
