import { analysisByIdInput, analysisByIdOutput, analysisCreateOutput } from "../../contract/analysis.js";
import { createAnalysis } from "../../domain/analysis/create-analysis.js";
import { getAnalysis } from "../../domain/analysis/get-analysis.js";
import { slicedAnalysisCreateInput } from "../analysis-create-input.js";
import { router } from "../init.js";
import { analysisProcedure, encoded, tokenProcedure } from "../procedure.js";

export const analysisRouter = router({
  create: tokenProcedure({
    limit: "other",
    input: slicedAnalysisCreateInput,
    output: analysisCreateOutput,
  }).mutation(({ ctx, input }) => createAnalysis({ ctx, input })),

  byId: analysisProcedure({
    needs: "read",
    limit: "other",
    entry: "metadata",
    input: analysisByIdInput,
    output: encoded(analysisByIdOutput),
  }).query(({ ctx }) => getAnalysis({ ctx, analysis: ctx.analysis })),
});
