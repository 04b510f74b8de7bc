import { describe, expect, test } from "vitest";
import { openCsv, readRows } from "../../src/dashboard/upload/csv-file.js";
import { guessMapping, guessSpans } from "../../src/dashboard/upload/guesses.js";
import { openJson } from "../../src/dashboard/upload/json-file.js";
import { Refused } from "../../src/dashboard/upload/refused.js";
import { say } from "../../src/dashboard/words/say.js";

function refusalOf(work: () => unknown): { message: string; problems: { place: string; text: string }[] } {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {
      message: error.text(say.en, "en"),
      problems: error.problems.map((problem) => problem(say.en, "en")),
    };
  }
  throw new Error("nothing was refused");
}

describe("what the columns of a file probably are", () => {
  const csv = (header: string[], ...preview: string[][]) =>
    ({ kind: "csv", header, preview, lines: preview.length, delimiter: ",", isKorean: false }) as const;

  test("is told by their names", () => {
    const found = guessMapping(csv(["timestamp", "cell_id", "RTT"], ["2024-01-01", "C1", "3.5"]));
    expect(found).toEqual({ time: "timestamp", cell: "cell_id", oneCell: "ALL", definitions: { RTT: {} } });
  });

  test("or by what they hold: the time is what looks like one, and KPIs are numbers or missing", () => {
    const found = guessMapping(
      csv(
        ["when", "vendor", "A", "B"],
        ["2024-01-01T00:00:00Z", "X1", "1", "-"],
        ["2024-01-01T01:00:00Z", "Y", "", "NaN"],
      ),
    );
    expect(found).toEqual({ time: "when", cell: "", oneCell: "ALL", definitions: { A: {}, B: {} } });
  });

  const TIME = "2024-01-01T00:00:00Z";
  test.each<[string, string[], string[], { time: string; cell: string }]>([
    [
      "a whole name goes before the beginning of one",
      ["timestamp", "Cell_Availability", "cell_id", "RRC"],
      [TIME, "99.8", "C1", "5"],
      { time: "timestamp", cell: "cell_id" },
    ],
    [
      "a rate that begins with time is none",
      ["Timeout_Rate", "timestamp", "CellName", "Sites"],
      ["0.1", TIME, "C1", "3"],
      { time: "timestamp", cell: "CellName" },
    ],
    [
      "a beginning ends where its word does",
      ["Starting_Attempts", "date (UTC)", "Cellular", "cell-label"],
      ["7", TIME, "x", "C1"],
      { time: "date (UTC)", cell: "cell-label" },
    ],
    [
      "numbers are no cell by their beginning alone",
      ["시간", "Cell Throughput"],
      [TIME, "8"],
      { time: "시간", cell: "" },
    ],
    [
      "but by their whole name",
      ["측정일시", "Site No."],
      [TIME, "8"],
      { time: "측정일시", cell: "Site No." },
    ],
    [
      "of two times it is the one that reads as such",
      ["date", "start_time"],
      ["1.1.24", TIME],
      { time: "start_time", cell: "" },
    ],
  ])("%s", (_, header, line, expected) => {
    expect(guessMapping(csv(header, line))).toMatchObject(expected);
  });

  test("has neither a column without a name nor one whose name stands twice among the KPIs", () => {
    const found = guessMapping(csv(["", "timestamp", "A", "B", "B", ""], ["0", TIME, "1", "2", "3", ""]));
    expect(found.definitions).toEqual({ A: {} });
  });

  test("takes decimal commas for numbers where commas divide nothing", () => {
    const commas = csv(["timestamp", "A", "B"], [TIME, "1,5", "x,y"]);
    expect(guessMapping(commas).definitions).toEqual({});
    expect(guessMapping({ ...commas, delimiter: ";" }).definitions).toEqual({ A: {} });
  });
});

describe("a CSV file", () => {
  const MAPPING = { time: "timestamp", cell: "cell", oneCell: "", definitions: { A: {} } };
  const SPANS = {
    before: { start: new Date("2024-01-01T00:00:00Z"), end: new Date("2024-01-01T23:59:59Z") },
    after: { start: new Date("2024-01-02T00:00:00Z"), end: new Date("2024-01-02T23:59:59Z") },
  };
  const valuesOf = (text: string) =>
    readRows(openCsv(text), { mapping: MAPPING, spans: SPANS }).stats.map(({ cell_id, avg }) => [
      cell_id,
      avg,
    ]);

  test.each([";", "\t"])("whose fields %j divides is read, decimal commas included", (delimiter) => {
    const text = "timestamp,cell,A\n2024-01-01,C1,12|5\n2024-01-02,C1,3\n".replaceAll(",", delimiter);
    expect(valuesOf(text.replace("|", ","))).toEqual([
      ["C1", 12.5],
      ["C1", 3],
    ]);
  });

  test("whose commas may be thousands says that it cannot be told", () => {
    const { problems } = refusalOf(() => valuesOf("timestamp;cell;A\n2024-01-01;C1;1,234\n"));
    expect(problems).toEqual([
      { place: "line 2, column A", text: expect.stringContaining("may stand for thousands or decimals") },
    ]);
  });

  test("may say in a line before its names what divides it", () => {
    const text = "sep=;\r\ntimestamp;cell;A\r\n2024-01-01;C1;1,5\r\n2024-01-02;C1;x\r\n";
    expect(valuesOf(text.replace("x", "2"))).toEqual([
      ["C1", 1.5],
      ["C1", 2],
    ]);
    expect(refusalOf(() => valuesOf(text)).problems).toMatchObject([{ place: "line 4, column A" }]);
  });

  test("may have columns without a name, and one name twice, that are not taken", () => {
    expect(valuesOf(",timestamp,cell,A,B,B,\n0,2024-01-01,C1,1,2,3,\n")).toEqual([["C1", 1]]);
  });
});

describe("the two periods of a file are at first", () => {
  const overview = (start: string, end: string) => ({
    start: new Date(start),
    end: new Date(end),
    counts: [],
    unreadable: 0,
  });

  test("its halves, cut at midnight", () => {
    expect(guessSpans(overview("2024-01-01T00:00:00Z", "2024-01-14T23:00:00Z"))).toEqual({
      before: { start: new Date("2024-01-01T00:00:00Z"), end: new Date("2024-01-07T23:59:59Z") },
      after: { start: new Date("2024-01-08T00:00:00Z"), end: new Date("2024-01-14T23:00:00Z") },
    });
  });

  test("or the halves of a few hours, which no midnight divides", () => {
    const { before, after } = guessSpans(overview("2024-01-01T08:00:00Z", "2024-01-01T10:00:00Z"));
    expect(before.end).toEqual(new Date("2024-01-01T08:59:59Z"));
    expect(after.start).toEqual(new Date("2024-01-01T09:00:00Z"));
  });
});

describe("an analysis in JSON", () => {
  test("is told by its counts, and takes analysis_id as its id", () => {
    const { analysis, opened } = openJson(
      JSON.stringify({
        analysis_id: "a1",
        stats: [
          { kpi_name: "A", period: "N", avg: 1, cell_id: "C1" },
          { kpi_name: "A", period: "N-1", avg: 1, cell_id: "C2" },
        ],
        period_info: {},
      }),
    );
    expect(opened).toEqual({ kind: "json", name: "a1", rows: 2, pegs: 1, cells: 2 });
    expect(analysis.id).toBe("a1");
  });

  test("that is broken is refused by line and column", () => {
    const { problems } = refusalOf(() => openJson('{\n  "stats": [1,\n  oops\n}'));
    expect(problems[0]?.place).toBe("line 3, column 3");
  });

  test.each(["null", "3", "[]", '{"stats": 3, "period_info": {}}'])("%s is none", (text) => {
    expect(refusalOf(() => openJson(text)).message).toMatch(/holds no analysis/);
  });
});
