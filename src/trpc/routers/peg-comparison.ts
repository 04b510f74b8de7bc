import {
  pegComparisonGetInput,
  pegComparisonGetOutput,
  pegComparisonSummaryInput,
  pegComparisonSummaryOutput,
} from "../../contract/comparison.js";
import { getComparison } from "../../domain/comparison/get-comparison.js";
import { getSummary } from "../../domain/comparison/get-summary.js";
import { router } from "../init.js";
import { analysisProcedure, encoded } from "../procedure.js";

export const pegComparisonRouter = router({
  get: analysisProcedure({
    needs: "read",
    limit: "get",
    entry: "peg_comparison",
    input: pegComparisonGetInput,
    output: encoded(pegComparisonGetOutput),
  }).query(({ ctx, input }) => getComparison({ ctx, analysis: ctx.analysis, input })),

  summary: analysisProcedure({
    needs: "read",
    limit: "get",
    entry: "summary_stats",
    input: pegComparisonSummaryInput,
    output: encoded(pegComparisonSummaryOutput),
  }).query(({ ctx }) => getSummary({ ctx, analysis: ctx.analysis })),
});
