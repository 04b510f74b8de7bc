import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatComparison } from "../../src/cli/format-comparison.js";
import { displayWidth } from "../../src/cli/format-table.js";
import { sayCount, sayInEnglish } from "../../src/cli/words.js";
import { formatNumber, formatPercent } from "../../src/contract/numbers.js";
import { answerOf, peg } from "./answer.js";

const ESCAPE = "\u001b[";

describe("a number", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    [0.001, "0.001000"],
    [0.0042, "0.004200"],
    [0.1842, "0.1842"],
    [-98, "-98.00"],
    [-98.126, "-98.13"],
    [123.45, "123.5"],
    [999.949, "999.9"],
    [999.96, "1000"],
    [-5212.4, "-5212"],
    [9_999_999, "9999999"],
    [10_000_000, "1.00e+7"],
    [0.00099, "9.90e-4"],
    [-1.5e-12, "-1.50e-12"],
    [1.5e300, "1.50e+300"],
  ])("%d is shown as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test("is shown to within a part in two hundred, in at most ten characters", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
        const text = formatNumber(value);
        expect(text.length).toBeLessThanOrEqual(10);
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) / 200);
      }),
    );
  });
});

describe("a change", () => {
  test.each([
    [0, "0.0 %"],
    [0.04, "0.0 %"],
    [-0.04, "0.0 %"],
    [0.06, "+0.1 %"],
    [-4.96, "-5.0 %"],
    [11.78, "+11.8 %"],
    [-100, "-100.0 %"],
    [123_456.7, "+123456.7 %"],
    [1_500_000, "+1.5e+6 %"],
    [-1_500_000, "-1.5e+6 %"],
  ])("of %d is shown as %s", (value, text) => {
    expect(formatPercent(value)).toBe(text);
  });
});

describe("a count", () => {
  test("is of one thing or of several", () => {
    expect([0, 1, 2].map((count) => sayCount(sayInEnglish, count, "cell"))).toEqual([
      "0 cells",
      "1 cell",
      "2 cells",
    ]);
  });
});

describe("a comparison", () => {
  const pegs = [
    peg("DL_Throughput_Mbps", { n1: 42, n: 47, change: 11.9, weight: 10 }),
    peg("ERAB_Drop_Rate", { n1: 0.8, n: 0.6, change: -25, weight: 9 }),
    peg("HO_Success_Rate", { n1: 97, n: 96.9, change: -0.1 }),
    peg("New_Counter", { n1: 0, n: 5, change: 100, note: "zero_baseline" }),
  ];

  test("is a table and a summary", () => {
    const answer = answerOf(pegs, { improved: 2, declined: 1, stable: 1 }, [
      { peg_name: "VoLTE_MOS", reason: "no samples in period N" },
    ]);
    expect(formatComparison(answer, { say: sayInEnglish, color: false })).toBe(
      `
Comparison of of-a-test
N-1  2024-01-01 00:00 to 2024-01-07 23:00 UTC
N    2024-01-08 00:00 to 2024-01-14 23:00 UTC

 PEG                 Weight     N-1       N      Change  Trend   Significance
--------------------------------------------------------------------------------------
 DL_Throughput_Mbps      10   42.00   47.00   +11.9 % ▲  up      medium
 ERAB_Drop_Rate           9  0.8000  0.6000   -25.0 % ▼  down    high
 HO_Success_Rate          5   97.00   96.90    -0.1 % =  stable  low
 New_Counter              5       0   5.000  +100.0 % ▲  up      high (zero baseline)

Summary  4 PEGs: 2 improved, 1 declined, 1 stable
Overall  improving, weighted change +10.0 % (better is positive)
Better   is up; down where a PEG is lower_is_better; neutral ones count as stable
Skipped  VoLTE_MOS: no samples in period N
Answer   cached: false, computed in 0.012 s by v2.1.0`.slice(1),
    );
  });

  test("without metadata tells no periods", () => {
    const answer = answerOf(pegs);
    delete answer.data.analysis_metadata;
    expect(formatComparison(answer, { say: sayInEnglish, color: false })).not.toMatch(/UTC|Skipped/);
  });

  test("is coloured only where colour is wanted, and by direction, not by what is good", () => {
    const answer = answerOf(pegs);
    const plain = formatComparison(answer, { say: sayInEnglish, color: false });
    const coloured = formatComparison(answer, { say: sayInEnglish, color: true });
    expect(plain).not.toContain(ESCAPE);
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    const lines = coloured.split("\n");
    const lineOf = (name: string) => lines.find((line) => line.startsWith(` ${name}`)) ?? "";
    expect(lineOf("DL_Throughput_Mbps")).toContain(`${ESCAPE}36m+11.9 % ▲`);
    expect(lineOf("ERAB_Drop_Rate")).toContain(`${ESCAPE}35m-25.0 % ▼`);
    for (const { peg_name } of pegs) expect(lineOf(peg_name)).not.toMatch(/\[3[12]m/);
  });

  test.each([40, 60, 72, 80, 100, 120, 200])("keeps its columns straight within %d", (columns) => {
    const names = [
      "DL_Throughput_Mbps",
      "하향링크_처리율_평균_Mbps",
      "핸드오버 성공률",
      "pmRrcConnEstabAttReattMos_filtered_by_plmn_00101_avg_ms",
      "セル数",
      "👩‍👩‍👧 attempts",
    ];
    const answer = answerOf(names.map((name) => peg(name, { n1: -98.12, n: -88.4, change: 9.9 })));
    const lines = formatComparison(answer, { say: sayInEnglish, color: false, columns }).split("\n");
    const table = lines.slice(4, 4 + names.length + 2);
    for (const line of table) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(
      new Set(table.slice(2).map((line) => displayWidth(line.slice(0, line.indexOf("-98.12"))))).size,
    ).toBe(1);
    expect(table[0]).toMatch(/^ PEG .* N-1 +N +Change/);
  });

  test("goes on a narrow terminal without what the arrow tells too, then without weights", () => {
    const headAt = (columns: number) =>
      formatComparison(answerOf(pegs), { say: sayInEnglish, color: false, columns }).split("\n")[4];
    expect(headAt(90)).toMatch(/Weight.*Trend +Significance/);
    expect(headAt(80)).toMatch(/Weight.*Change +Significance/);
    expect(headAt(72)).toMatch(/PEG +N-1 +N +Change +Significance/);
    expect(headAt(50)).toMatch(/PEG +N-1 +N +Change$/);
  });

  test("cuts the middle out of long names, which differ at their ends", () => {
    const names = ["RTT_delay_of_the_drive_average_ms", "RTT_delay_of_the_drive_maximum_ms"];
    const text = formatComparison(answerOf(names.map((name) => peg(name))), {
      say: sayInEnglish,
      color: false,
      columns: 60,
    });
    expect(text).toContain("RTT_delay…verage_ms");
    expect(text).toContain("RTT_delay…aximum_ms");
  });

  test("shows nothing that would move the cursor of a terminal", () => {
    const answer = answerOf([peg("evil\u001b[2J\nname\u202e", { note: "a\u0007b" })], {}, [
      { peg_name: "skipped\u001b]0;title\u0007", reason: "\rgone" },
    ]);
    answer.mcp_version = "v1\u001b[31m";
    const text = formatComparison(answer, { say: sayInEnglish, color: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  test("names some of the PEGs that were left out, and counts the rest", () => {
    const skipped = Array.from({ length: 300 }, (_, i) => ({
      peg_name: `P${i}`,
      reason: "no samples in period N",
    }));
    const lines = formatComparison(answerOf(pegs, {}, skipped), { say: sayInEnglish, color: false })
      .split("\n")
      .filter((line) => line.startsWith("Skipped"));
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe("Skipped  290 more PEGs");
  });
});
