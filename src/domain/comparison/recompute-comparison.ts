import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { PegComparisonRecomputeInput, PegComparisonStatusOutput } from "../../contract/comparison.js";
import { analysisResults, analysisSamples } from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { analysisNotFound } from "../errors.js";
import { startTaskIn } from "../task/start-task.js";
import { describeTask } from "../task/task-state.js";
import { findRunningTask } from "./computation-lease.js";
import { dropComparison } from "./stored-comparison.js";

/** Drops what is stored and cached of a comparison, and starts a task that computes it anew; or joins one that runs. */
export async function recomputeComparison({
  ctx,
  input: { id },
}: {
  ctx: VerbContext;
  input: PegComparisonRecomputeInput;
}): Promise<PegComparisonStatusOutput> {
  const { services, requestId } = ctx;
  const { algorithmVersion } = services;
  return applyChange(ctx, {
    analysisId: id,
    action: "recompute",
    needs: "write",
    work: async (tx) => {
      const [analysis] = await tx
        .select({ revision: analysisResults.revision })
        .from(analysisResults)
        .where(eq(analysisResults.id, id));
      if (!analysis) throw analysisNotFound();
      const key = { analysisId: id, revision: analysis.revision, algorithmVersion };
      if (!(await findRunningTask({ ...services, db: tx }, key))) {
        // The data stays, but is a new state of it: whoever still reads the old comparison keeps it for nobody.
        key.revision = randomUUID();
        const { revision } = key;
        await tx.update(analysisResults).set({ revision }).where(eq(analysisResults.id, id));
        await tx.update(analysisSamples).set({ revision }).where(eq(analysisSamples.analysisId, id));
        await dropComparison(tx, id);
      }
      const task = await startTaskIn(tx, services, key, requestId);
      return {
        result: describeTask(task, ctx.language, ctx.services.clock.now()),
        details: { task_id: task.id },
      };
    },
  });
}
