import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { MAX_ROWS } from "../../src/contract/analysis.js";
import { type CsvColumns, type CsvPeriods, CsvReader } from "../../src/contract/csv.js";
import { sharedData } from "../support/shared-data.js";

const PERIODS: CsvPeriods = {
  "N-1": { start: new Date("2024-01-01T00:00:00Z"), end: new Date("2024-01-01T23:00:00Z") },
  N: { start: new Date("2024-01-02T00:00:00Z"), end: new Date("2024-01-02T23:00:00Z") },
};

function read(records: string[][], columns?: CsvColumns): CsvReader {
  const reader = new CsvReader(PERIODS, columns);
  for (const [i, record] of records.entries()) if (!reader.add(record, i + 1)) break;
  return reader;
}

describe("the records of a CSV file", () => {
  test("become a row for each value, in the period that its time lies in, both ends inclusive", () => {
    const { stats, lines, outside, missing, problems } = read([
      ["timestamp", " cell_id ", "A", "B"],
      ["2024-01-01T23:00:00Z", "C1", "1.5", "-"],
      ["2024-01-01T23:00:01Z", "C1", "2", "3"],
      ["2024-01-02 00:00:00", "C2", "-1e1", "NaN"],
    ]);
    expect(problems).toEqual([]);
    expect({ lines, outside, missing }).toEqual({ lines: 3, outside: 1, missing: 2 });
    expect(stats).toEqual([
      { kpi_name: "A", period: "N-1", avg: 1.5, cell_id: "C1", timestamp: new Date("2024-01-01T23:00:00Z") },
      { kpi_name: "A", period: "N", avg: -10, cell_id: "C2", timestamp: new Date("2024-01-02T00:00:00Z") },
    ]);
  });

  test("may have other names, columns that are not taken, and no cell", () => {
    const { stats } = read(
      [
        ["when", "note", "A"],
        ["2024-01-01", "words", "1"],
      ],
      { timestamp: "when", cell: { constant: "NETWORK" }, kpis: ["A"] },
    );
    expect(stats.map(({ kpi_name, cell_id }) => [kpi_name, cell_id])).toEqual([["A", "NETWORK"]]);
  });

  test.each<[string, string[][], CsvColumns | undefined, [number, string, RegExp][]]>([
    ["a missing column", [["timestamp", "A"]], undefined, [[1, "cell_id", /missing/]]],
    [
      "a KPI that is not there",
      [["timestamp", "cell_id"]],
      { timestamp: "timestamp", cell: { column: "cell_id" }, kpis: ["A"] },
      [[1, "A", /missing/]],
    ],
    ["a name that stands twice", [["timestamp", "cell_id", "A", "A"]], undefined, [[1, "A", /twice/]]],
    ["a name that is none", [["timestamp", "cell_id", ""]], undefined, [[1, "3", /usable/]]],
    [
      "a time, a cell and a value that are none",
      [
        ["timestamp", "cell_id", "A"],
        ["yesterday", "", "1"],
        ["2024-01-01", "C1", "1,5"],
        ["2024-01-01", "C1", "Infinity"],
      ],
      undefined,
      [
        [2, "timestamp", /ISO 8601/],
        [2, "cell_id", /1 to 255/],
        [3, "A", /number/],
        [4, "A", /number/],
      ],
    ],
    [
      "an empty name of the one cell",
      [["timestamp", "A"]],
      { timestamp: "timestamp", cell: { constant: "" } },
      [[1, "cell_id", /1 to 255/]],
    ],
  ])("with %s are refused by line and column", (_, records, columns, expected) => {
    const { problems } = read(records, columns);
    expect(problems.map(({ line, column }) => [line, column])).toEqual(
      expected.map(([line, column]) => [line, column]),
    );
    for (const [i, [, , words]] of expected.entries()) expect(problems[i]?.problem).toMatch(words);
  });

  test("of a damaged file are not read to the end", () => {
    const reader = new CsvReader(PERIODS);
    reader.add(["timestamp", "cell_id", "A"], 1);
    let line = 2;
    while (reader.add(["x", "C1", "1"], line)) line++;
    expect(line).toBe(11);
    expect(reader.problems).toHaveLength(10);
  });

  test("of more rows than an analysis may have neither", () => {
    const kpis = Array.from({ length: 1000 }, (_, i) => `K${i}`);
    const reader = new CsvReader(PERIODS);
    reader.add(["timestamp", "cell_id", ...kpis], 1);
    let line = 2;
    while (reader.add(["2024-01-01", "C1", ...kpis.map(() => "1")], line)) line++;
    expect(reader.isTooLong).toBe(true);
    expect(line).toBe(MAX_ROWS / 1000 + 2);
  });

  test.skipIf(!sharedData.found)("of real measurements give the rows that their JSON has", () => {
    const json = JSON.parse(readFileSync(sharedData.path("small_5g_drive.json"), "utf8"));
    const { n1_start, n1_end, n_start, n_end } = json.period_info;
    const reader = new CsvReader({
      "N-1": { start: new Date(n1_start), end: new Date(n1_end) },
      N: { start: new Date(n_start), end: new Date(n_end) },
    });
    const records: string[][] = parse(readFileSync(sharedData.path("small_5g_drive.csv")));
    for (const [i, record] of records.entries()) reader.add(record, i + 1);
    const inWords = (row: { kpi_name: string; period: string; avg: number | null; cell_id: string }) =>
      `${row.kpi_name} ${row.period} ${row.avg} ${row.cell_id}`;
    expect(reader.stats.map(inWords).sort()).toEqual(json.stats.map(inWords).sort());
  });
});
