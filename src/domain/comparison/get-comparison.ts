import type { PegComparisonGetInput } from "../../contract/comparison.js";
import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { describeTask, type TaskRow } from "../task/task-state.js";
import { encodeAnswer, encodeComparison, withoutMetadata } from "./encode-comparison.js";
import type { EncodedAnswer } from "./encoded-answer.js";
import { type AnswerPlan, findAnswerOrStart } from "./find-answer.js";
import { findAnswerInTime } from "./find-answer-in-time.js";
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
  const find = input.async ? findAnswerOrStart : findAnswerInTime;
  const found = await find(ctx, analysis, plan);
  if ("task" in found) return encodeTask(found.task, ctx);
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

function encodeTask(task: TaskRow, { language, services }: VerbContext): EncodedAnswer {
  const state = describeTask(task, language, services.clock.now());
  return encodeAnswer(state, state.estimated_completion ? ["estimated_completion"] : [], state);
}
