import type { ErrorDetail } from "../../contract/errors.js";
import { mcpAnswerHead, wirePegResult } from "../../contract/mcp-protocol.js";
import { isStorable } from "../../contract/storable.js";
import type { ComparedPeg, ComputedComparison } from "../../domain/comparison/computed-comparison.js";
import { parseJson } from "./parse-json.js";
import { type AnswerBytes, decodeText } from "./read-body.js";
import { readRefusal } from "./read-refusal.js";

/** A comparison whose time the service may have left for us to measure. */
export type CheckedComparison = Omit<ComputedComparison, "processingTime"> & {
  processingTime: number | undefined;
};

/** What an answer turned out to be. Plain data: it crosses from the thread to the main one. */
export type Verdict =
  | { kind: "valid"; comparison: CheckedComparison }
  /** The data cannot be compared, in the service's words, cut to what may be passed on. */
  | { kind: "refused"; message: string; details: ErrorDetail[] | undefined }
  /** `reason` is for the log: where the answer breaks the contract, without its values. */
  | { kind: "bad"; reason: string };

/** As many, and as much text of their values, as take a millisecond or two to receive. */
const PEGS_AT_ONCE = 100;
const CHARACTERS_AT_ONCE = 512 * 1024;

const bad = (reason: string): Verdict => ({ kind: "bad", reason });

/**
 * Checks the bytes of a 2xx answer, of either form, against the contract.
 *
 * @param analysisId the analysis that was asked for
 * @param give takes PEGs as they are checked, the first ones first; the verdict, which may yet be another, has the rest
 */
export function checkAnswer(
  bytes: AnswerBytes,
  analysisId: string,
  give?: (pegs: ComparedPeg[]) => void,
): Verdict {
  let answer: unknown;
  try {
    answer = resultOf(parseJson(decodeText(bytes)));
  } catch {
    return bad("not JSON");
  }
  const refusal = readRefusal(answer);
  if (refusal) return refusal;

  const head = mcpAnswerHead.safeParse(answer);
  if (!head.success) return bad(firstIssue(head.error.issues));
  if (!isStorable(JSON.stringify(head.data))) return bad("data: holds characters that cannot be stored");
  const { data, processing_time, algorithm_version, mcp_version } = head.data;
  if (data.analysis_id !== undefined && data.analysis_id !== analysisId)
    return bad("data.analysis_id: is of another analysis");

  const results = (answer as { data: { peg_comparison_results?: unknown } }).data.peg_comparison_results;
  if (!Array.isArray(results)) return bad("data.peg_comparison_results: must be an array");
  const pegs = checkPegs(results, give);
  if (!Array.isArray(pegs)) return pegs;

  return {
    kind: "valid",
    comparison: {
      pegs,
      summary: data.summary,
      analysisMetadata: data.analysis_metadata,
      processingTime: processing_time,
      mcpVersion: mcp_version ?? algorithm_version ?? data.analysis_metadata.algorithm_version,
    },
  };
}

/** The asynchronous form puts the same answer into the `result` of a status, which may have more around it. */
function resultOf(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null || !("status" in answer)) return answer;
  const { data, result } = answer as { data?: unknown; result?: unknown };
  return data === undefined || data === null ? (result ?? answer) : answer;
}

function checkPegs(
  results: unknown[],
  give: ((pegs: ComparedPeg[]) => void) | undefined,
): ComparedPeg[] | Verdict {
  let pegs: ComparedPeg[] = [];
  let characters = 0;
  const names = new Set<string>();
  for (const [index, result] of results.entries()) {
    const checked = wirePegResult.safeParse(result);
    const at = `data.peg_comparison_results.${index}`;
    if (!checked.success) return bad(`${at}.${firstIssue(checked.error.issues)}`);
    const { peg_name, weight, n1_period, n_period, comparison, metadata, judge } = checked.data;
    if (names.has(peg_name)) return bad(`${at}.peg_name: stands twice`);
    names.add(peg_name);
    for (const side of [n1_period, n_period]) {
      if (side.count !== side.values.length) return bad(`${at}: count is not the number of values`);
    }
    // Stringified from what was checked, so unknown fields are gone.
    const peg = {
      pegName: peg_name,
      weight,
      n1Period: JSON.stringify(n1_period),
      nPeriod: JSON.stringify(n_period),
      comparison: JSON.stringify(comparison),
      metadata,
      ...(judge && { judge: JSON.stringify(judge) }),
    };
    const texts = [JSON.stringify([peg_name, metadata?.cell_id]), peg.comparison, peg.judge ?? ""];
    if (!texts.every(isStorable)) return bad(`${at}: holds characters that cannot be stored`);
    pegs.push(peg);
    characters += peg.n1Period.length + peg.nPeriod.length;
    if (!give || (pegs.length < PEGS_AT_ONCE && characters < CHARACTERS_AT_ONCE)) continue;
    give(pegs);
    pegs = [];
    characters = 0;
  }
  return pegs;
}

function firstIssue(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const [first] = issues;
  return first ? `${first.path.join(".")}: ${first.message}` : "does not fit";
}
