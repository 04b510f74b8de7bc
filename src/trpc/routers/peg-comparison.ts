import {
  pegComparisonGetInput,
  pegComparisonGetOutput,
  pegComparisonRecomputeInput,
  pegComparisonStatusInput,
  pegComparisonStatusOutput,
  pegComparisonSummaryInput,
  pegComparisonSummaryOutput,
  pegComparisonWatchInput,
} from "../../contract/comparison.js";
import { getComparison } from "../../domain/comparison/get-comparison.js";
import { getSummary } from "../../domain/comparison/get-summary.js";
import { recomputeComparison } from "../../domain/comparison/recompute-comparison.js";
import { getStatus } from "../../domain/task/get-status.js";
import { watchComparison } from "../../domain/task/watch-comparison.js";
import { router } from "../init.js";
import { analysisProcedure, analysisQuery, encoded } from "../procedure.js";
import { mapStreamErrors, streamOf } from "../stream.js";

export const pegComparisonRouter = router({
  get: analysisQuery({
    needs: "read",
    limit: "get",
    entry: "peg_comparison",
    input: pegComparisonGetInput,
    output: encoded(pegComparisonGetOutput),
    answer: ({ ctx, input }) => getComparison({ ctx, analysis: ctx.analysis, input }),
  }),

  summary: analysisQuery({
    needs: "read",
    limit: "get",
    entry: "summary_stats",
    input: pegComparisonSummaryInput,
    output: encoded(pegComparisonSummaryOutput),
    answer: ({ ctx }) => getSummary({ ctx, analysis: ctx.analysis }),
  }),

  status: analysisQuery({
    needs: "read",
    limit: "status",
    input: pegComparisonStatusInput,
    output: pegComparisonStatusOutput,
    answer: ({ ctx, input }) => getStatus({ ctx, input }),
  }),

  watch: analysisProcedure({
    needs: "read",
    limit: "status",
    input: pegComparisonWatchInput,
    output: streamOf(pegComparisonStatusOutput),
  }).subscription(({ ctx, input, signal, path }) =>
    mapStreamErrors(ctx, path, watchComparison({ ctx, input, signal })),
  ),

  recompute: analysisProcedure({
    needs: "write",
    limit: "get",
    input: pegComparisonRecomputeInput,
    output: pegComparisonStatusOutput,
  }).mutation(({ ctx, input }) => recomputeComparison({ ctx, input })),
});
