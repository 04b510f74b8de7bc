import type { AnalysisMetadata, PegComparisonStatusOutput } from "../../contract/comparison.js";
import type { ComputedComparison } from "./computed-comparison.js";
import { EncodedAnswer } from "./encoded-answer.js";

const DATE = ["Date"];

/** superjson's note of where dates stand, in its order: that in which it meets them. */
function metaOf(paths: string[]): string | undefined {
  if (!paths.length) return undefined;
  return JSON.stringify({ values: Object.fromEntries(paths.map((path) => [path, DATE])), v: 1 });
}

function metadataDates(metadata: AnalysisMetadata): string[] {
  const at = "data.analysis_metadata";
  return Object.keys(metadata).flatMap((name) => {
    if (name === "calculated_at") return [`${at}.calculated_at`];
    if (name !== "period_definition") return [];
    return Object.keys(metadata.period_definition).map((end) => `${at}.period_definition.${end}`);
  });
}

function tail(
  comparison: Pick<ComputedComparison, "processingTime" | "mcpVersion">,
  cached: boolean,
): string {
  const { processingTime, mcpVersion } = comparison;
  return `"processing_time":${processingTime},"cached":${cached},"mcp_version":${JSON.stringify(mcpVersion)}}`;
}

/**
 * Puts the answer of `pegComparison.get` together from the checked parts of a comparison, without walking
 * them: superjson would spend seconds on the values of a large one.
 */
export function encodeComparison(
  analysisId: string,
  comparison: ComputedComparison,
  options: { includeMetadata: boolean; cached: boolean },
): EncodedAnswer {
  const { includeMetadata, cached } = options;
  const dates: string[] = [];
  const pegs = comparison.pegs.map((peg, i) => {
    const withMetadata = includeMetadata && peg.metadata !== undefined;
    if (withMetadata) dates.push(`data.peg_comparison_results.${i}.metadata.calculated_at`);
    const metadata = withMetadata ? `,"metadata":${JSON.stringify(peg.metadata)}` : "";
    const judge = peg.judge === undefined ? "" : `,"judge":${peg.judge}`;
    return (
      `{"peg_name":${JSON.stringify(peg.pegName)},"weight":${peg.weight},"n1_period":${peg.n1Period},` +
      `"n_period":${peg.nPeriod},"comparison":${peg.comparison}${metadata}${judge}}`
    );
  });
  if (includeMetadata) dates.push(...metadataDates(comparison.analysisMetadata));
  const metadata = includeMetadata
    ? `,"analysis_metadata":${JSON.stringify(comparison.analysisMetadata)}`
    : "";
  const json =
    `{"success":true,"status":"COMPLETED","data":{"analysis_id":${JSON.stringify(analysisId)},` +
    `"peg_comparison_results":[${pegs.join(",")}],"summary":${JSON.stringify(comparison.summary)}${metadata}},` +
    tail(comparison, cached);
  return EncodedAnswer.of(json, metaOf(dates));
}

/** The answer of `pegComparison.summary`. */
export function encodeSummary(
  analysisId: string,
  comparison: Omit<ComputedComparison, "pegs">,
  cached: boolean,
): EncodedAnswer {
  const json =
    `{"success":true,"data":{"analysis_id":${JSON.stringify(analysisId)},"summary":${JSON.stringify(comparison.summary)},` +
    `"analysis_metadata":${JSON.stringify(comparison.analysisMetadata)}},${tail(comparison, cached)}`;
  return EncodedAnswer.of(json, metaOf(metadataDates(comparison.analysisMetadata)));
}

/** Leaves the metadata out of a whole answer that is there as bytes only. */
export function withoutMetadata(whole: EncodedAnswer): EncodedAnswer {
  const answer = JSON.parse(whole.json.toString("utf8")) as {
    data: { peg_comparison_results: { metadata?: unknown }[]; analysis_metadata?: unknown };
  };
  for (const peg of answer.data.peg_comparison_results) delete peg.metadata;
  delete answer.data.analysis_metadata;
  return EncodedAnswer.of(JSON.stringify(answer), undefined);
}

/** Any small answer, with the paths at which its dates stand. superjson itself refuses some names of KPIs. */
export function encodeAnswer(
  answer: object,
  dates: string[],
  task?: PegComparisonStatusOutput,
): EncodedAnswer {
  return EncodedAnswer.of(JSON.stringify(answer), metaOf(dates), task);
}
