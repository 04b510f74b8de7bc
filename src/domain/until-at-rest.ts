import type { VerbContext } from "./context.js";
import { DataMovedError, PegError } from "./errors.js";
import { type AuthorizedAnalysis, authorize } from "./permission/authorize.js";

/** How often something is looked for again because its data was replaced meanwhile. */
const MAX_MOVES = 3;

/**
 * Looks for something in the present state of an analysis, and again where that moved on meanwhile.
 *
 * @param find throws DataMovedError where the state that it was given is not the present one
 * @throws PegError CONFLICT where the data does not come to rest
 */
export async function untilAtRest<T>(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  find: (present: AuthorizedAnalysis) => Promise<T>,
): Promise<T> {
  let present = analysis;
  for (let move = 0; move < MAX_MOVES; move++) {
    try {
      return await find(present);
    } catch (error) {
      if (!(error instanceof DataMovedError)) throw error;
      present = await authorize({ ctx, analysisId: analysis.id, needed: "read", fresh: true });
    }
  }
  throw new PegError("CONFLICT", "The data is being replaced again and again. Ask again when it is at rest.");
}
