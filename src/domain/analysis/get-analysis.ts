import { and, eq } from "drizzle-orm";
import { type AnalysisByIdOutput, analysisByIdOutput } from "../../contract/analysis.js";
import type { Database } from "../../db/open.js";
import { analysisResults } from "../../db/schema.js";
import { encodeAnswer } from "../comparison/encode-comparison.js";
import type { EncodedAnswer } from "../comparison/encoded-answer.js";
import { findAnswer } from "../comparison/find-answer.js";
import type { ComparisonKey } from "../comparison/stored-comparison.js";
import type { VerbContext } from "../context.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import { describeAnalysis, describePeriods } from "./describe-analysis.js";

const METADATA_TTL_S = 7200;

const DATES = [
  "created_at",
  "updated_at",
  "period_info.n1_start",
  "period_info.n1_end",
  "period_info.n_start",
  "period_info.n_end",
];

/** What an analysis is: definitions, periods and counts, no raw rows. */
export async function getAnalysis({
  ctx,
  analysis,
}: {
  ctx: VerbContext;
  analysis: AuthorizedAnalysis;
}): Promise<EncodedAnswer> {
  const { held } = await findAnswer(ctx, analysis, {
    type: "metadata",
    ttlSeconds: METADATA_TTL_S,
    load: async (key) => {
      const found = await selectAnalysis(ctx.services.db, key);
      return found && encodeAnswer(analysisByIdOutput.parse(found), DATES);
    },
  });
  return held.whole;
}

async function selectAnalysis(
  db: Database,
  { analysisId, revision }: ComparisonKey,
): Promise<AnalysisByIdOutput | undefined> {
  const [row] = await db
    .select({
      id: analysisResults.id,
      name: analysisResults.name,
      dataVersion: analysisResults.dataVersion,
      rowCount: analysisResults.rowCount,
      pegCount: analysisResults.pegCount,
      cellCount: analysisResults.cellCount,
      requestParams: analysisResults.requestParams,
      n1Start: analysisResults.n1Start,
      n1End: analysisResults.n1End,
      nStart: analysisResults.nStart,
      nEnd: analysisResults.nEnd,
      createdAt: analysisResults.createdAt,
      updatedAt: analysisResults.updatedAt,
    })
    .from(analysisResults)
    .where(and(eq(analysisResults.id, analysisId), eq(analysisResults.revision, revision)));
  if (!row) return undefined;
  return {
    ...describeAnalysis(row),
    updated_at: row.updatedAt,
    period_info: describePeriods(row),
    request_params: row.requestParams,
  };
}
