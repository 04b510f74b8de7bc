import {
  analysisByIdInput,
  analysisByIdOutput,
  analysisCreateOutput,
  analysisDeleteInput,
  analysisDeleteOutput,
} from "../../contract/analysis.js";
import { analysisListInput, analysisListOutput } from "../../contract/analysis-list.js";
import { analysisSeriesInput, analysisSeriesOutput } from "../../contract/analysis-series.js";
import { createAnalysis } from "../../domain/analysis/create-analysis.js";
import { deleteAnalysis } from "../../domain/analysis/delete-analysis.js";
import { getAnalysis } from "../../domain/analysis/get-analysis.js";
import { getSeries } from "../../domain/analysis/get-series.js";
import { listAnalyses } from "../../domain/analysis/list-analyses.js";
import { replaceData } from "../../domain/analysis/replace-data.js";
import { router } from "../init.js";
import { analysisProcedure, encoded, tokenProcedure } from "../procedure.js";
import { slicedAnalysisCreateInput, slicedAnalysisReplaceInput } from "../sliced-input.js";

export const analysisRouter = router({
  create: tokenProcedure({
    limit: "other",
    input: slicedAnalysisCreateInput,
    output: analysisCreateOutput,
  }).mutation(({ ctx, input }) => createAnalysis({ ctx, input })),

  list: tokenProcedure({
    limit: "other",
    input: analysisListInput,
    output: analysisListOutput,
  }).query(({ ctx, input }) => listAnalyses({ ctx, input })),

  byId: analysisProcedure({
    needs: "read",
    limit: "other",
    entry: "metadata",
    input: analysisByIdInput,
    output: encoded(analysisByIdOutput),
  }).query(({ ctx }) => getAnalysis({ ctx, analysis: ctx.analysis })),

  series: analysisProcedure({
    needs: "read",
    limit: "other",
    input: analysisSeriesInput,
    output: analysisSeriesOutput,
  }).query(({ ctx, input }) => getSeries({ ctx, analysis: ctx.analysis, input })),

  replaceData: analysisProcedure({
    needs: "write",
    limit: "other",
    input: slicedAnalysisReplaceInput,
    output: analysisCreateOutput,
  }).mutation(({ ctx, input }) => replaceData({ ctx, input })),

  delete: analysisProcedure({
    needs: "admin",
    limit: "other",
    input: analysisDeleteInput,
    output: analysisDeleteOutput,
  }).mutation(({ ctx, input }) => deleteAnalysis({ ctx, input })),
});
