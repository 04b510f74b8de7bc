import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { joinRunningTask } from "../task/start-task.js";
import { mayPass } from "./compute-comparison.js";
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
/** After which it is seen again whether what is waited for has become a task. */
const LOOK_AGAIN_MS = 1_000;

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
  // What a process gives up that stops, another one goes on with.
  const inTime = answer.catch((error: unknown) => {
    if (stopping.aborted && mayPass(error)) return "late" as const;
    throw error;
  });
  const first = await Promise.race([inTime, late]).finally(() => {
    stopping.removeEventListener("abort", hurry);
    for (const timer of timers) clearTimeout(timer);
  });
  if (first !== "late") return first;
  for (let isTold = false; ; ) {
    const task = await joinRunningTask(services, key, requestId).catch((error: unknown) => {
      const about = { err: error, request_id: requestId };
      if (!isTold) services.logger.warn(about, "a long computation did not become a task");
      isTold = true;
    });
    if (task) {
      // Nobody waits for it here any more; how it ends stands in the task.
      answer.catch(() => undefined);
      return { task };
    }
    // It ended just now, or is not begun: its data moved, say.
    const pause = new Promise<undefined>((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS, undefined).unref();
    });
    const ended = await Promise.race([answer, pause]);
    if (ended) return ended;
  }
}
