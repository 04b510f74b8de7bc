import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { MAX_ROWS } from "../../src/contract/analysis.js";
import { type CsvColumns, type CsvPeriods, CsvReader } from "../../src/contract/csv.js";
import { csvFormOf, type Delimiter, encodingOf } from "../../src/contract/csv-text.js";
import { sharedData } from "../support/shared-data.js";

const PERIODS: CsvPeriods = {
  "N-1": { start: new Date("2024-01-01T00:00:00Z"), end: new Date("2024-01-01T23:00:00Z") },
  N: { start: new Date("2024-01-02T00:00:00Z"), end: new Date("2024-01-02T23:00:00Z") },
};

function read(records: string[][], columns?: CsvColumns, delimiter?: Delimiter): CsvReader {
  const reader = new CsvReader(PERIODS, columns, delimiter);
  for (const [i, record] of records.entries()) if (!reader.add(record, i + 1)) break;
  reader.end();
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

  test("may have hours of one digit, as spreadsheets write them", () => {
    const { stats, problems } = read([
      ["timestamp", "cell_id", "A"],
      ["2024-01-01 0:00", "C1", "1"],
      ["2024-01-02 9:30:15", "C1", "2"],
      ["2024-01-02 9:3", "C1", "3"],
    ]);
    expect(stats.map(({ timestamp }) => timestamp?.toISOString())).toEqual([
      "2024-01-01T00:00:00.000Z",
      "2024-01-02T09:30:15.000Z",
    ]);
    expect(problems.map(({ line }) => line)).toEqual([4]);
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

  test("may have names that are none or stand twice, where these are not taken", () => {
    const { stats, problems } = read(
      [
        ["", "when", "note", "note", "A", ""],
        ["0", "2024-01-01", "x", "y", "1", ""],
      ],
      { timestamp: "when", cell: { constant: "NETWORK" }, kpis: ["A"] },
    );
    expect(problems).toEqual([]);
    expect(stats.map(({ kpi_name, avg }) => [kpi_name, avg])).toEqual([["A", 1]]);
  });

  test.each<[string, string[][], CsvColumns | undefined, [number, string, RegExp][]]>([
    [
      "a name that is taken and stands twice",
      [["when", "when", "A", "A", "B", "B"]],
      { timestamp: "when", cell: { constant: "NETWORK" }, kpis: ["A"] },
      [
        [1, "when", /twice/],
        [1, "A", /twice/],
      ],
    ],
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

  const ofValues = (values: string[], delimiter: Delimiter) =>
    read(
      [["timestamp", "cell_id", "A"], ...values.map((value) => ["2024-01-01", "C1", value])],
      undefined,
      delimiter,
    );

  test.each<[string, string[], number[]]>([
    ["one that can be no thousands", ["1,234", "12,5", "-"], [1.234, 12.5]],
    ["a number below one", ["0,125", "-3"], [0.125, -3]],
    ["four digits before it", ["1234,567", "+,5e1"], [1234.567, 5]],
  ])("have decimal commas where other fields are not cut by commas, told by %s", (_, values, expected) => {
    for (const delimiter of [";", "\t"] as const) {
      const { stats, problems } = ofValues(values, delimiter);
      expect(problems).toEqual([]);
      expect(stats.map(({ avg }) => avg)).toEqual(expected);
    }
  });

  test.each<[string, string[], Delimiter, [number, RegExp]]>([
    ["that may be thousands", ["12", "1,234", "999,000"], ";", [3, /thousands or decimals/]],
    ["after a point", ["12.5", "12,5"], ";", [3, /before it a point/]],
    ["before a point", ["12,5", "12.5"], ";", [3, /before it a comma/]],
    ["twice in a number", ["1,234,567"], ";", [2, /neither a number/]],
    ["with a point in a number", ["1.234,5"], ";", [2, /neither a number/]],
    ["in a file that commas divide", ["12,5"], ",", [2, /neither a number/]],
  ])("with a comma %s are refused", (_, values, delimiter, [line, words]) => {
    const { problems } = ofValues(values, delimiter);
    expect(problems).toEqual([{ line, column: "A", problem: expect.stringMatching(words) }]);
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

describe("the text of a CSV file", () => {
  test.each<[string, Delimiter]>([
    ["a,b\n1;2,3", ","],
    ["a;b\n1,5;2,5", ";"],
    ["\r\n a\tb;c\td\r\n", "\t"],
    ['"a,b";c\n', ";"],
    ['"a\nb,c";d', ";"],
    ["a;b,c\n", ","],
    ["a\n1;2", ","],
    ["", ","],
  ])("%j is divided by what its first line holds", (text, delimiter) => {
    expect(csvFormOf(text)).toEqual({ delimiter, firstLine: 1 });
  });

  test.each<[string, Delimiter]>([
    ["sep=;\r\na,b;c\r\n", ";"],
    ["SEP=\t\na;b\tc\n", "\t"],
    ["sep=,\na;b;c,d\n", ","],
  ])("%j says what divides it, and names its columns below", (text, delimiter) => {
    expect(csvFormOf(text)).toEqual({ delimiter, firstLine: 2 });
  });

  test("whose first column is called sep= says nothing of the kind", () => {
    for (const text of ["sep=;b\n1;2\n", "sep=|\na;b\n"]) expect(csvFormOf(text).firstLine).toBe(1);
  });

  test("tells its encoding by its mark, and is UTF-8 without one", () => {
    expect(encodingOf(Uint8Array.of(0xff, 0xfe, 0x61))).toBe("utf-16le");
    expect(encodingOf(Uint8Array.of(0xfe, 0xff))).toBe("utf-16be");
    for (const bytes of [[0xef, 0xbb, 0xbf], [0x61], []]) {
      expect(encodingOf(Uint8Array.from(bytes))).toBe("utf-8");
    }
  });
});
