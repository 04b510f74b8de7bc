import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { joinRunningTask } from "../task/start-task.js";
import {
  type AnswerPlan,
  type FoundAnswer,
  type FoundOrStarted,
  findCachedOr,
  loadOrCompute,
} from "./find-answer.js";
import type { ComparisonKey } from "./stored-comparison.js";

/** How long a call still waits once the server stops. */
const STOPPING_DEADLINE_MS = 10_000;

/**
 * Finds an answer as `findAnswer` does; where it takes too long to wait for, the task that it will come from, which
 * goes on and survives this process.
 *
 * @throws PegError as `findAnswer`
 */
export function findAnswerInTime(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  plan: AnswerPlan,
): Promise<FoundOrStarted> {
  const until = performance.now() + ctx.services.getDeadlineMs;
  // Only of what is found in no cache: the timers would cost as much as the rest of a cached answer.
  return findCachedOr<FoundOrStarted>(ctx, analysis, plan, (key) =>
    waitUntil(until, ctx, key, loadOrCompute(ctx, key, plan)),
  );
}

async function waitUntil(
  until: number,
  { services, requestId }: VerbContext,
  key: ComparisonKey,
  answer: Promise<FoundAnswer>,
): Promise<FoundOrStarted> {
  const { stopping } = services;
  const timers: NodeJS.Timeout[] = [];
  let hurry = () => {};
  const late = new Promise<"late">((resolve) => {
    const wait = (ms: number) => void timers.push(setTimeout(() => resolve("late"), ms));
    wait(until - performance.now());
    // Before the connections of a server that stops are cut.
    hurry = () => wait(STOPPING_DEADLINE_MS);
    if (stopping.aborted) hurry();
    else stopping.addEventListener("abort", hurry);
  });
  const first = await Promise.race([answer, late]).finally(() => {
    stopping.removeEventListener("abort", hurry);
    for (const timer of timers) clearTimeout(timer);
  });
  if (first !== "late") return first;
  const task = await joinRunningTask(services, key, requestId).catch((error: unknown) => {
    services.logger.warn({ err: error, request_id: requestId }, "a long computation did not become a task");
  });
  if (!task) return answer;
  // Nobody waits for it here any more; how it ends stands in the task.
  answer.catch(() => undefined);
  return { task };
}
