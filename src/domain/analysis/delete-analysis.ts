import { eq } from "drizzle-orm";
import type { AnalysisDeleteOutput } from "../../contract/analysis.js";
import {
  analysisResults,
  pegComparisonResults,
  pegComparisonSummaries,
  pegComparisonTasks,
  userAnalysisPermissions,
} from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { analysisNotFound } from "../errors.js";

/** Deletes all of an analysis but its audit log. */
export async function deleteAnalysis({
  ctx,
  input: { id },
}: {
  ctx: VerbContext;
  input: { id: string };
}): Promise<AnalysisDeleteOutput> {
  return applyChange(ctx, {
    analysisId: id,
    action: "delete",
    needs: "admin",
    work: async (tx) => {
      // Its samples go with it.
      const [deleted] = await tx
        .delete(analysisResults)
        .where(eq(analysisResults.id, id))
        .returning({ dataVersion: analysisResults.dataVersion });
      if (!deleted) throw analysisNotFound();
      for (const table of [
        pegComparisonResults,
        pegComparisonSummaries,
        pegComparisonTasks,
        userAnalysisPermissions,
      ]) {
        await tx.delete(table).where(eq(table.analysisId, id));
      }
      return { result: { id, deleted: true as const }, details: { data_version: deleted.dataVersion } };
    },
  });
}
