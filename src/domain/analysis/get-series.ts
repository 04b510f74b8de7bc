import { PERIODS } from "../../contract/analysis.js";
import type { AnalysisSeriesInput, AnalysisSeriesOutput } from "../../contract/analysis-series.js";
import type { VerbContext } from "../context.js";
import { DataMovedError, PegError } from "../errors.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { untilAtRest } from "../until-at-rest.js";
import { loadPegSamples } from "./peg-samples.js";
import { isTimed, sumUp } from "./series-points.js";

function noSuchPeg(): PegError {
  return new PegError("API_VALIDATION_ERROR", "The input does not fit. `details` names the fields.", {
    details: [{ path: "peg_name", message: "is not a PEG of this analysis" }],
  });
}

/**
 * The samples of one PEG in their course, of both periods: those of all cells together.
 *
 * @throws PegError API_VALIDATION_ERROR where the analysis has no such PEG; CONFLICT as `untilAtRest`
 */
export async function getSeries({
  ctx,
  analysis,
  input,
}: {
  ctx: VerbContext;
  analysis: AuthorizedAnalysis;
  input: AnalysisSeriesInput;
}): Promise<AnalysisSeriesOutput> {
  const { id, peg_name } = input;
  const found = await untilAtRest(ctx, analysis, async ({ revision }) => {
    const read = await loadPegSamples(ctx.services, { id, revision, pegName: peg_name });
    if (!read) throw new DataMovedError("the raw data is of another revision");
    return read;
  });
  const { periods, defined, dataVersion: data_version } = found;
  if (!periods.length && !defined) throw noSuchPeg();
  const head = { id, peg_name, data_version };
  // Of a PEG that is derived from others there is nothing to be drawn.
  if (!periods.length) {
    const none = { samples: 0, thinned: false, points: [] };
    return { ...head, timed: false, periods: PERIODS.map((period) => ({ period, ...none })) };
  }
  let timed = true;
  for (const samples of periods) timed &&= await isTimed(samples);
  const summed: AnalysisSeriesOutput["periods"] = [];
  for (const { period, values, times } of periods) {
    summed.push({ period, ...(await sumUp({ values, times: timed ? times : undefined }, input.points)) });
  }
  return { ...head, timed, periods: summed };
}
