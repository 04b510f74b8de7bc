import type { PegComparisonGetInput } from "../../contract/comparison.js";
import type { Language } from "../../contract/words.js";
import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { joinRunningTask } from "../task/start-task.js";
import { describeTask, type TaskRow } from "../task/task-state.js";
import { encodeAnswer, encodeComparison, withoutMetadata } from "./encode-comparison.js";
import type { EncodedAnswer } from "./encoded-answer.js";
import { type AnswerPlan, type FoundOrStarted, findAnswer, findAnswerOrStart } from "./find-answer.js";
import { loadStoredComparison } from "./stored-comparison.js";

/**
 * The comparison of an analysis: cached, stored, or computed now. With `async`, and where computing takes too long to
 * wait for, the state of the task that computes it.
 */
export async function getComparison({
  ctx,
  analysis,
  input,
}: {
  ctx: VerbContext;
  analysis: AuthorizedAnalysis;
  input: PegComparisonGetInput;
}): Promise<EncodedAnswer> {
  const { id, include_metadata: includeMetadata } = input;
  const plan: AnswerPlan = {
    type: "peg_comparison",
    ttlSeconds: input.cache_ttl,
    load: async (key) => {
      const stored = await loadStoredComparison(ctx.services, key);
      return stored && encodeComparison(id, stored, true);
    },
    encode: (comparison) => encodeComparison(id, comparison, true),
  };
  const found = input.async
    ? await findAnswerOrStart(ctx, analysis, plan)
    : await findInTime(ctx, analysis, plan);
  if ("task" in found) return encodeTask(found.task, ctx.language);
  const { held, computed } = found;
  let answer = held.whole;
  if (!includeMetadata) {
    if (held.bare === undefined) {
      held.bare = withoutMetadata(held.whole);
      // Kept again, so that the cache counts its bytes.
      if (input.cache_ttl > 0) ctx.services.answers.put("peg_comparison", id, held);
    }
    answer = held.bare;
  }
  return computed ? answer.asComputed() : answer;
}

/** How long a call still waits once the server stops. */
const STOPPING_DEADLINE_MS = 10_000;

/** Waits for the answer; after a while for its task only, which goes on and survives this process. */
async function findInTime(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  plan: AnswerPlan,
): Promise<FoundOrStarted> {
  const { services, requestId } = ctx;
  const answer = findAnswer(ctx, analysis, plan);
  const { stopping } = services;
  const timers: NodeJS.Timeout[] = [];
  let hurry = () => {};
  const late = new Promise<"late">((resolve) => {
    const wait = (ms: number) => void timers.push(setTimeout(() => resolve("late"), ms));
    wait(services.getDeadlineMs);
    // Before the connections of a server that stops are cut.
    hurry = () => wait(STOPPING_DEADLINE_MS);
    stopping.addEventListener("abort", hurry);
  });
  const first = await Promise.race([answer, late]).finally(() => {
    stopping.removeEventListener("abort", hurry);
    for (const timer of timers) clearTimeout(timer);
  });
  if (first !== "late") return first;
  const { revision } = analysis;
  const key = { analysisId: analysis.id, revision, algorithmVersion: services.algorithmVersion };
  const task = await joinRunningTask(services, key, requestId).catch((error: unknown) => {
    services.logger.warn({ err: error, request_id: requestId }, "a long computation did not become a task");
  });
  if (!task) return answer;
  // Nobody waits for it here any more; how it ends stands in the task.
  answer.catch(() => undefined);
  return { task };
}

function encodeTask(task: TaskRow, language: Language): EncodedAnswer {
  const state = describeTask(task, language);
  return encodeAnswer(state, state.estimated_completion ? ["estimated_completion"] : [], state);
}
