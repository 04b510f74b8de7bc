import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAnswer } from "../../../src/adapters/mcp/check-answer.js";
import { parseJson } from "../../../src/adapters/mcp/parse-json.js";
import { readRefusalText } from "../../../src/adapters/mcp/read-refusal.js";
import { isStorable } from "../../../src/contract/storable.js";
import { judges, summaryJudges } from "../../domain/judge-blocks.js";
import { goodAnswer } from "./fake-service.js";

const bytesOf = (text: string) => {
  const bytes = new Uint8Array(Buffer.from(text));
  return { blocks: [bytes], length: bytes.length };
};
const check = (answer: unknown, analysisId = "result_123") =>
  checkAnswer(bytesOf(typeof answer === "string" ? answer : JSON.stringify(answer)), analysisId);
const comparisonOf = (answer: unknown) => {
  const verdict = check(answer);
  if (verdict.kind !== "valid") throw new Error(JSON.stringify(verdict));
  return verdict.comparison;
};

describe("checkAnswer", () => {
  it("reads times without a zone as UTC", () => {
    const { analysisMetadata, pegs } = comparisonOf(goodAnswer());
    expect(analysisMetadata.calculated_at).toEqual(new Date("2024-01-15T10:30:00.123Z"));
    expect(analysisMetadata.period_definition).toEqual({
      n1_start: new Date("2024-01-01T00:00:00Z"),
      n1_end: new Date("2024-01-07T23:59:59Z"),
      n_start: new Date("2024-01-08T00:00:00Z"),
      n_end: new Date("2024-01-14T23:59:59Z"),
    });
    expect(pegs[0]?.metadata?.calculated_at).toEqual(new Date("2024-01-15T10:30:00Z"));
  });

  it("takes names with backslashes, whatever they look like in JSON", () => {
    const answer = goodAnswer();
    answer.data.peg_comparison_results[0].peg_name = "CORE\\UDC_SR\\u0000";
    expect(comparisonOf(answer).pegs).toHaveLength(1);
  });

  it("reads of what is refused details that can be kept", () => {
    const details = [{ path: "x", message: `\ud800 and ${"a".repeat(490)}${"😀".repeat(20)}` }];
    const error = { code: "DATA_VALIDATION_ERROR", message: "no\udfff", details };
    const refusal = readRefusalText(JSON.stringify({ success: false, error }));
    expect(refusal).toMatchObject({ kind: "refused", message: "no" });
    expect(isStorable(JSON.stringify(refusal))).toBe(true);
  });

  it("drops fields that the contract does not know", () => {
    const answer = goodAnswer();
    const [peg] = answer.data.peg_comparison_results;
    peg.n1_period.debug = { host: "h" };
    peg.comparison.extra = 1;
    answer.data.summary.extra = 1;
    answer.data.analysis_metadata.extra = 1;
    expect(JSON.stringify(comparisonOf(answer))).not.toMatch(/extra|debug/);
  });

  it("passes the blocks of a service that judges, without what the contract does not know", () => {
    const [judge] = fc.sample(judges, { numRuns: 1, seed: 7 });
    const [whole] = fc.sample(summaryJudges, { numRuns: 1, seed: 7 });
    const answer = goodAnswer();
    answer.data.peg_comparison_results[0].judge = { ...judge, extra: 1 };
    answer.data.summary.judge = { ...whole, extra: 1 };
    const { pegs, summary } = comparisonOf(answer);
    expect(JSON.parse(pegs[0]?.judge ?? "null")).toEqual(judge);
    expect(summary.judge).toEqual(whole);

    answer.data.peg_comparison_results[0].judge = { ...judge, verdict: "splendid" };
    expect(check(answer).kind).toBe("bad");
  });

  it("does without the fields that may be missing", () => {
    const answer = goodAnswer();
    delete answer.data.peg_comparison_results[0].metadata;
    delete answer.processing_time;
    delete answer.mcp_version;
    expect(comparisonOf(answer)).toMatchObject({ mcpVersion: "v2.1.0", processingTime: undefined });
    expect(comparisonOf({ ...answer, algorithm_version: "v9" }).mcpVersion).toBe("v9");
    expect(comparisonOf({ ...answer, algorithm_version: "v9", mcp_version: "v10" }).mcpVersion).toBe("v10");
    expect(comparisonOf(goodAnswer(0)).pegs).toEqual([]);
  });

  it("takes the result out of a status, whatever else stands there", () => {
    const plain = comparisonOf(goodAnswer());
    const status = { task_id: "t", status: "COMPLETED", progress: 100, result: goodAnswer() };
    expect(comparisonOf(status)).toEqual(plain);
    expect(comparisonOf({ success: true, ...status })).toEqual(plain);
    expect(comparisonOf({ success: true, ...status, data: null, error: null })).toEqual(plain);
    // Some services tell a status beside the data.
    expect(comparisonOf({ ...goodAnswer(), status: "COMPLETED", result: {} })).toEqual(plain);

    const refusal = { success: false, error: { code: "DATA_VALIDATION_ERROR", message: "no PEG" } };
    const refused = { kind: "refused", message: "no PEG" };
    expect(check({ success: true, status: "FAILED", result: refusal })).toMatchObject(refused);
    expect(check({ ...refusal, status: "FAILED", result: null })).toMatchObject(refused);
    expect(check({ ...refusal, status: 422 })).toMatchObject(refused);
  });

  it("takes the analysis's own id and refuses another", () => {
    const answer = goodAnswer();
    answer.data.analysis_id = "result_123";
    expect(check(answer).kind).toBe("valid");
    expect(check(answer, "result_124").kind).toBe("bad");
  });

  it.each(["NaN", "Infinity", "-Infinity"])("bears %s in a field that it ignores", (token) => {
    const text = JSON.stringify(goodAnswer());
    expect(check(text.replace('"rsd":', `"p_value": ${token},"rsd":`)).kind).toBe("valid");
    expect(check(text.replace('"values":[97', `"values":[${token}`)).kind).toBe("bad");
    expect(check(text.replace('"change_percent":2.06', `"change_percent":${token}`)).kind).toBe("bad");
  });

  // biome-ignore lint/suspicious/noExplicitAny: bends an answer
  const bends: [string, (answer: any) => void][] = [
    [
      "two PEGs of one name",
      (answer) => answer.data.peg_comparison_results.push(answer.data.peg_comparison_results[0]),
    ],
    [
      "a count that is not the number of values",
      (answer) => (answer.data.peg_comparison_results[0].n_period.count = 4),
    ],
    [
      "a PEG whose name is too long",
      (answer) => (answer.data.peg_comparison_results[0].peg_name = "x".repeat(256)),
    ],
    ["a name with a NUL", (answer) => (answer.data.peg_comparison_results[0].peg_name = "a\u0000b")],
    [
      "a note with half a character",
      (answer) => (answer.data.peg_comparison_results[0].comparison.note = "\ud800"),
    ],
    [
      "a reason with a NUL",
      (answer) => (answer.data.analysis_metadata.skipped_pegs = [{ peg_name: "p", reason: "\u0000" }]),
    ],
    ["a version that is too long", (answer) => (answer.mcp_version = "9".repeat(256))],
    ["no list of PEGs", (answer) => delete answer.data.peg_comparison_results],
    ["a PEG that is null", (answer) => (answer.data.peg_comparison_results[0] = null)],
    ["a weight of 11", (answer) => (answer.data.peg_comparison_results[0].weight = 11)],
    ["an unknown trend", (answer) => (answer.data.peg_comparison_results[0].comparison.trend = "sideways")],
    ["a time that is none", (answer) => (answer.data.analysis_metadata.calculated_at = "yesterday")],
    ["no data", (answer) => delete answer.data],
    ["success that is a text", (answer) => (answer.success = "true")],
  ];
  it.each(bends)("finds %s bad", (_, bend) => {
    const answer = goodAnswer();
    bend(answer);
    const verdict = check(answer);
    expect(verdict.kind).toBe("bad");
  });

  it("says where an answer is bad, without its values", () => {
    const answer = goodAnswer();
    answer.data.peg_comparison_results[0].n1_period.avg = "CELL-SECRET-7";
    const verdict = check(answer);
    expect(verdict).toMatchObject({
      reason: expect.stringContaining("peg_comparison_results.0.n1_period.avg"),
    });
    expect(JSON.stringify(verdict)).not.toContain("SECRET");
  });

  it("U5: is not polluted by a __proto__ key", () => {
    const text = JSON.stringify(goodAnswer())
      .replace('{"success"', '{"__proto__":{"polluted":1},"success"')
      .replace('{"avg"', '{"__proto__":{"polluted":1},"avg"')
      .replace('"PEG_0"', '"__proto__"');
    const comparison = comparisonOf(text);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(JSON.stringify(comparison)).not.toContain("polluted");
    expect(comparison.pegs[0]?.pegName).toBe("__proto__");
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(check(text).kind).toBe("bad");
      }),
    );
  });
});

describe("parseJson", () => {
  it("leaves the words alone inside strings", () => {
    const text = String.raw`{"a NaN":"NaN \" -Infinity\\","b":[NaN,-Infinity,Infinity,"\\\"NaN"]}`;
    expect(parseJson(text)).toEqual({
      "a NaN": 'NaN " -Infinity\\',
      b: [null, null, null, '\\"NaN'],
    });
  });

  it("gives for any value what JSON.parse gives, with NaN as null", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(`[${text},NaN,${text}]`)).toEqual(JSON.parse(`[${text},null,${text}]`));
      }),
    );
  });

  it.each(["NaNa", "xNaN", "--Infinity", '{"a":NaN', '"NaN', "{NaN:1}"])("refuses %s", (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
