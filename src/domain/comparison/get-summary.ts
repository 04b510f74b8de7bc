import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { encodeSummary } from "./encode-comparison.js";
import type { EncodedAnswer } from "./encoded-answer.js";
import { findAnswer } from "./find-answer.js";
import { loadStoredSummary } from "./stored-comparison.js";

const SUMMARY_TTL_S = 1800;

/** Summary and metadata of the comparison, without its PEGs. */
export async function getSummary({
  ctx,
  analysis,
}: {
  ctx: VerbContext;
  analysis: AuthorizedAnalysis;
}): Promise<EncodedAnswer> {
  const { id } = analysis;
  const { held, computed } = await findAnswer(ctx, analysis, {
    type: "summary_stats",
    ttlSeconds: SUMMARY_TTL_S,
    load: async (key) => {
      const stored = await loadStoredSummary(ctx.services.db, key);
      return stored && encodeSummary(id, stored, true);
    },
    encode: async (comparison) => encodeSummary(id, comparison, true),
  });
  return computed ? held.whole.asComputed() : held.whole;
}
