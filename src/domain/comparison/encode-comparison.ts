import type { AnalysisMetadata, PegComparisonStatusOutput } from "../../contract/comparison.js";
import type { ComputedComparison } from "./computed-comparison.js";
import { EncodedAnswer } from "./encoded-answer.js";

const DATE = ["Date"];

// By these an answer is cut. Within a text of JSON, quotes would be escaped.
const PEG_METADATA = ',"metadata":{';
/** The last member of a PEG's metadata. */
const DATA_QUALITY = '"data_quality":"';
const ANALYSIS_METADATA = ',"analysis_metadata":';
const AFTER_DATA = '},"processing_time":';

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
  return `${processingTime},"cached":${cached},"mcp_version":${JSON.stringify(mcpVersion)}}`;
}

/**
 * Puts the answer of `pegComparison.get` together from the checked parts of a comparison, without walking
 * them: superjson would spend seconds on the values of a large one.
 */
export function encodeComparison(
  analysisId: string,
  comparison: ComputedComparison,
  cached: boolean,
): Promise<EncodedAnswer> {
  const dates: string[] = [];
  const pieces = [
    `{"success":true,"status":"COMPLETED","data":{"analysis_id":${JSON.stringify(analysisId)},"peg_comparison_results":[`,
  ];
  for (const [i, peg] of comparison.pegs.entries()) {
    const { pegName, weight, metadata, judge } = peg;
    pieces.push(`${i ? "," : ""}{"peg_name":${JSON.stringify(pegName)},"weight":${weight},"n1_period":`);
    // The values stand in these, which are large: they are written as they are.
    pieces.push(peg.n1Period, ',"n_period":', peg.nPeriod, ',"comparison":', peg.comparison);
    if (metadata) {
      dates.push(`data.peg_comparison_results.${i}.metadata.calculated_at`);
      const { cell_id, calculated_at, data_quality } = metadata;
      pieces.push(PEG_METADATA, JSON.stringify({ cell_id, calculated_at, data_quality }).slice(1));
    }
    pieces.push(judge === undefined ? "}" : `,"judge":${judge}}`);
  }
  pieces.push(
    `],"summary":${JSON.stringify(comparison.summary)}`,
    ANALYSIS_METADATA,
    JSON.stringify(comparison.analysisMetadata),
    AFTER_DATA,
    tail(comparison, cached),
  );
  return EncodedAnswer.ofPieces(pieces, metaOf([...dates, ...metadataDates(comparison.analysisMetadata)]));
}

/** The answer of `pegComparison.summary`. */
export function encodeSummary(
  analysisId: string,
  comparison: Omit<ComputedComparison, "pegs">,
  cached: boolean,
): EncodedAnswer {
  const json =
    `{"success":true,"data":{"analysis_id":${JSON.stringify(analysisId)},"summary":${JSON.stringify(comparison.summary)},` +
    `"analysis_metadata":${JSON.stringify(comparison.analysisMetadata)}${AFTER_DATA}${tail(comparison, cached)}`;
  return EncodedAnswer.of(json, metaOf(metadataDates(comparison.analysisMetadata)));
}

/** Leaves the metadata out of a whole answer, of which only the bytes are there. */
export function withoutMetadata({ json }: EncodedAnswer): EncodedAnswer {
  const kept: Buffer[] = [];
  let from = 0;
  for (let at = json.indexOf(PEG_METADATA); at !== -1; at = json.indexOf(PEG_METADATA, from)) {
    kept.push(json.subarray(from, at));
    const quality = json.indexOf(DATA_QUALITY, at) + DATA_QUALITY.length;
    from = json.indexOf("}", quality) + 1;
  }
  kept.push(json.subarray(from, json.lastIndexOf(ANALYSIS_METADATA)));
  kept.push(json.subarray(json.lastIndexOf(AFTER_DATA)));
  return EncodedAnswer.ofBytes(kept);
}

/** Any small answer, with the paths at which its dates stand. superjson itself refuses some names of KPIs. */
export function encodeAnswer(
  answer: object,
  dates: string[],
  task?: PegComparisonStatusOutput,
): EncodedAnswer {
  return EncodedAnswer.of(JSON.stringify(answer), metaOf(dates), task);
}
