import type { z } from "zod";
import type { ComparisonSummary } from "../../contract/comparison.js";
import {
  DEFAULT_ALGORITHM_VERSION,
  type McpRequest,
  UNJUDGED_ALGORITHM_VERSION,
  type wireAnalysisMetadata,
} from "../../contract/mcp-protocol.js";
import { parseTime } from "../../contract/parse-time.js";
import { comparePeg, type WirePeg } from "./compare-peg.js";
import { DataError, MAX_DETAILS } from "./data-error.js";
import { Judge } from "./judge/judge-analysis.js";
import { PointReader } from "./judge/points.js";
import { readPegs } from "./pegs.js";
import { type Judged, summarize } from "./summary.js";

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since any fixed instant, never going back; for durations. */
  elapsed(): number;
}

type AnalysisMetadata = z.input<typeof wireAnalysisMetadata>;

/** The service's answer, as it goes over the wire. */
export interface McpAnswer {
  success: true;
  data: {
    analysis_id: string;
    peg_comparison_results: WirePeg[];
    summary: ComparisonSummary;
    analysis_metadata: AnalysisMetadata;
  };
  /** Seconds. */
  processing_time: number;
  algorithm_version: string;
}

/** Of the time that a comparison takes, what reading and grouping the samples takes. */
const READING_SHARE = 0.3;

/**
 * Compares the two periods of an analysis. From version v3.0.0 on each PEG and the summary are judged as well; the
 * other numbers are those of v2.1.0.
 *
 * No NaN or infinity leaves: a PEG whose change or RSD no double can hold is skipped like one without samples.
 *
 * @param request of the protocol's shape; only the finiteness of `avg` is checked here
 * @throws DataError where the data cannot be compared
 */
export function compare(request: McpRequest, clock: Clock): McpAnswer {
  const steps = compareInSteps(request, clock);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same PEG by PEG, for whoever has other things to do in between.
 *
 * @returns steps that tell what share is done, by samples, 0 to 1; then the answer
 */
export function* compareInSteps(request: McpRequest, clock: Clock): Generator<number, McpAnswer> {
  const version = request.options?.algorithm_version ?? DEFAULT_ALGORITHM_VERSION;
  const judges = version !== UNJUDGED_ALGORITHM_VERSION;
  const reader = judges ? new PointReader(request.raw_data.stats.length) : undefined;
  try {
    return yield* stepsOf(request, version, reader, clock);
  } finally {
    reader?.close();
  }
}

function* stepsOf(
  request: McpRequest,
  version: string,
  reader: PointReader | undefined,
  clock: Clock,
): Generator<number, McpAnswer> {
  const started = clock.elapsed();
  const { raw_data, options } = request;
  const calculatedAt = new Date(clock.now()).toISOString();
  const results: WirePeg[] = [];
  const judged: Judged[] = [];
  const skipped: { peg_name: string; reason: string }[] = [];
  const reading = readPegs(raw_data, reader);
  let read = reading.next();
  for (; !read.done; read = reading.next()) yield READING_SHARE * read.value;
  const pegs = read.value;
  const judge = reader && new Judge(request, pegs, reader);
  const sizes = pegs.map(({ n1, n }) => n1.values.length + n.values.length + 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [i, peg] of pegs.entries()) {
    yield READING_SHARE + ((1 - READING_SHARE) * done) / total;
    done += sizes[i] ?? 0;
    const result = comparePeg(peg, options?.outliers ?? "keep", calculatedAt);
    if ("reason" in result) {
      skipped.push({ peg_name: peg.name, reason: result.reason });
      continue;
    }
    const { change_percent, trend } = result.comparison;
    judged.push({ weight: peg.weight, direction: peg.direction, changePercent: change_percent, trend });
    judge?.measure(peg);
    if (options?.include_metadata === false) delete result.metadata;
    results.push(result);
  }
  if (results.length === 0) throw nothingComparable(skipped);
  const verdicts = judge?.conclude(version, skipped.length);
  for (const [i, verdict] of verdicts?.pegs.entries() ?? [])
    Object.assign(results[i] ?? {}, { judge: verdict });
  return {
    success: true,
    data: {
      analysis_id: request.analysis_id,
      peg_comparison_results: results,
      summary: { ...summarize(judged), ...(verdicts && { judge: verdicts.summary }) },
      analysis_metadata: {
        calculated_at: calculatedAt,
        algorithm_version: version,
        data_source: "raw_data",
        period_definition: instants(raw_data.period_info),
        skipped_pegs: skipped,
      },
    },
    processing_time: Math.max(0, clock.elapsed() - started) / 1000,
    algorithm_version: version,
  };
}

function nothingComparable(skipped: readonly { peg_name: string; reason: string }[]): DataError {
  const details = skipped
    .slice(0, MAX_DETAILS)
    .map(({ peg_name, reason }) => ({ path: "raw_data.stats", message: `PEG "${peg_name}": ${reason}` }));
  return new DataError("no PEG can be compared", details);
}

/** Times in whatever form they came, as ISO 8601 UTC text. */
function instants(period: McpRequest["raw_data"]["period_info"]): AnalysisMetadata["period_definition"] {
  const utc = (text: string): string => parseTime(text)?.toISOString() ?? text;
  return {
    n1_start: utc(period.n1_start),
    n1_end: utc(period.n1_end),
    n_start: utc(period.n_start),
    n_end: utc(period.n_end),
  };
}
