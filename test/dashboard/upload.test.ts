import { describe, expect, test } from "vitest";
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
    ({ kind: "csv", header, preview, lines: preview.length }) as const;

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
