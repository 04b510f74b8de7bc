import { and, eq, ne } from "drizzle-orm";
import type { AnalysisCreateOutput, AnalysisReplaceInput } from "../../contract/analysis.js";
import { fill } from "../../contract/words.js";
import { analysisResults, analysisSamples } from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import { endMovedTasks } from "../comparison/computation-lease.js";
import { dropComparison } from "../comparison/stored-comparison.js";
import type { VerbContext } from "../context.js";
import { analysisNotFound, PegError } from "../errors.js";
import { describeAnalysis } from "./describe-analysis.js";
import { prepareRawData } from "./prepare-raw-data.js";
import { insertSamples } from "./stored-raw-data.js";

/**
 * Puts new raw data in the place of the old; the comparison of the old goes with it.
 *
 * @throws PegError CONFLICT where the data is of another version than the one to be replaced
 */
export async function replaceData({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: AnalysisReplaceInput;
}): Promise<AnalysisCreateOutput> {
  const { services } = ctx;
  const { id, data_version: replaced } = input;
  const { columns, series } = await prepareRawData(services, id, input);
  return applyChange(ctx, {
    analysisId: id,
    action: "replace",
    needs: "write",
    work: async (tx) => {
      const [before] = await tx
        .select({ dataVersion: analysisResults.dataVersion })
        .from(analysisResults)
        .where(eq(analysisResults.id, id));
      if (!before) throw analysisNotFound();
      if (before.dataVersion !== replaced) {
        throw new PegError(
          "CONFLICT",
          fill("The data is of version {present} by now, not {replaced}. Look at it, then replace that.", {
            present: before.dataVersion,
            replaced,
          }),
        );
      }
      const updatedAt = new Date(services.clock.now());
      const [after] = await tx
        .update(analysisResults)
        .set({ ...columns, dataVersion: replaced + 1, updatedAt })
        .where(eq(analysisResults.id, id))
        .returning();
      if (!after) throw analysisNotFound();
      await insertSamples(tx, id, columns.revision, series);
      const old = and(eq(analysisSamples.analysisId, id), ne(analysisSamples.revision, columns.revision));
      await tx.delete(analysisSamples).where(old);
      await dropComparison(tx, id);
      await endMovedTasks(tx, id);
      const { rowCount: rows, pegCount: pegs, cellCount: cells } = columns;
      return {
        result: describeAnalysis(after),
        details: { data_version: after.dataVersion, rows, pegs, cells },
      };
    },
  });
}
