import type { PegComparisonGetInput } from "../../contract/comparison.js";
import type { VerbContext } from "../context.js";
import { PegError } from "../errors.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { encodeComparison, withoutMetadata } from "./encode-comparison.js";
import type { EncodedAnswer } from "./encoded-answer.js";
import { findAnswer } from "./find-answer.js";
import { loadStoredComparison } from "./stored-comparison.js";

/** The comparison of an analysis: cached, stored, or computed now. */
export async function getComparison({
  ctx,
  analysis,
  input,
}: {
  ctx: VerbContext;
  analysis: AuthorizedAnalysis;
  input: PegComparisonGetInput;
}): Promise<EncodedAnswer> {
  if (input.async) {
    const message = "Tasks are not offered yet: leave out `async`, or set it to false.";
    throw new PegError("API_VALIDATION_ERROR", message, {
      details: [{ path: "async", message: "must be false" }],
    });
  }
  const { id, include_metadata: includeMetadata } = input;
  const { held, computed } = await findAnswer(ctx, analysis, {
    type: "peg_comparison",
    ttlSeconds: input.cache_ttl,
    load: async (key) => {
      const stored = await loadStoredComparison(ctx.services, key);
      return stored && encodeComparison(id, stored, { includeMetadata: true, cached: true });
    },
    encode: (comparison, cached) => encodeComparison(id, comparison, { includeMetadata: true, cached }),
  });
  if (computed) return encodeComparison(id, computed, { includeMetadata, cached: false });
  if (includeMetadata) return held.whole;
  if (held.bare === undefined) {
    held.bare = withoutMetadata(held.whole);
    // Kept again, so that the cache counts its bytes.
    if (input.cache_ttl > 0) ctx.services.answers.put("peg_comparison", id, held);
  }
  return held.bare;
}
