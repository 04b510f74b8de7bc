import { describe, expect, test } from "vitest";
import { readRequest } from "../../src/mcp-server/read-request.js";
import { Refusal } from "../../src/mcp-server/refusal.js";
import { request, requestWith, rows } from "./analysis-request.js";

function refusalOf(body: unknown): Refusal {
  try {
    readRequest(body);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("was not refused");
}

const message = "the request does not fit the protocol";
const pathsOf = (body: unknown) => refusalOf(body).details?.map(({ path }) => path);

test("a good request is returned as it is, not copied", () => {
  const body = request(rows("RSRP", [1], [2]));
  expect(readRequest(body)).toBe(body);
});

describe("each fault is named with what is expected", () => {
  test.each([
    ["an avg that is text", "raw_data.stats.3.avg", "NaN", "must be a number or null"],
    ["no avg", "raw_data.stats.3.avg", undefined, "must be a number or null"],
    ["another period", "raw_data.stats.3.period", "N+1", 'must be "N-1" or "N"'],
    ["a KPI that is a number", "raw_data.stats.3.kpi_name", 5, "must be text"],
    ["no cell", "raw_data.stats.3.cell_id", undefined, "must be text"],
    ["a timestamp that is a number", "raw_data.stats.3.timestamp", 1, "must be text"],
    ["a row that is null", "raw_data.stats.3", null, "must be an object"],
    ["a row that is a list", "raw_data.stats.3", [], "must be an object"],
    ["stats that are no list", "raw_data.stats", {}, "must be a list of rows"],
    ["too many rows", "raw_data.stats", new Array(500_001), "must hold at most 500000 rows"],
    ["definitions that are a list", "raw_data.peg_definitions", [], "must be an object"],
    ["a day that is none", "raw_data.period_info.n_end", "2024-02-30", "must be an ISO 8601 time"],
    ["an unknown version", "options.algorithm_version", "v9", "must be one of v2.1.0, v3.0.0"],
  ])("%s", (_, path, value, expected) => {
    expect(refusalOf(requestWith(path, value))).toMatchObject({
      status: 400,
      code: "API_VALIDATION_ERROR",
      message,
      details: [{ path, message: expected }],
    });
  });
});

describe("what the schema of the protocol refuses is named too", () => {
  test.each([
    ["a bad id", "analysis_id", "a b"],
    ["another policy for outliers", "options.outliers", "drop"],
    ["no end of a period", "raw_data.period_info.n1_end", undefined],
    ["a definition that is null", "raw_data.peg_definitions.RSRP", null],
  ])("%s", (_, path, value) => {
    expect(pathsOf(requestWith(path, value))).toEqual([path]);
  });

  test.each([
    ["a weight out of range", { weight: 11 }, "weight"],
    ["a weight that is no whole number", { weight: 2.5 }, "weight"],
    ["a direction that is none", { direction: "up" }, "direction"],
    ["a formula that is no text", { formula: 1 }, "formula"],
  ])("%s", (_, definition, field) => {
    const path = "raw_data.peg_definitions.RSRP";
    expect(pathsOf(requestWith(path, definition))).toEqual([`${path}.${field}`]);
  });

  test("a definition called __proto__ is no exception", () => {
    const definitions: unknown = JSON.parse('{"__proto__": {"weight": "x"}}');
    const expected = ["raw_data.peg_definitions.__proto__.weight"];
    expect(pathsOf(requestWith("raw_data.peg_definitions", definitions))).toEqual(expected);
  });

  test.each([
    [{}, ["analysis_id", "raw_data"]],
    [[], [""]],
    [null, [""]],
    ["text", [""]],
  ])("%j is no request", (body, paths) => {
    expect(pathsOf(body)).toEqual(paths);
  });
});

test("a thousand bad rows give 20 details", () => {
  expect(refusalOf(requestWith("raw_data.stats", new Array(1000).fill(1))).details).toHaveLength(20);
});

test("a thousand bad definitions give 20 details", () => {
  const definitions = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`K${index}`, 1]));
  expect(refusalOf(requestWith("raw_data.peg_definitions", definitions)).details).toHaveLength(20);
});
