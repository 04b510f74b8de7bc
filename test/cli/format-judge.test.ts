import { describe, expect, test } from "vitest";
import { formatTruth } from "../../src/cli/demo/format-truth.js";
import { formatComparison } from "../../src/cli/format-comparison.js";
import { intervalText } from "../../src/cli/format-judge.js";
import { displayWidth } from "../../src/cli/format-table.js";
import { createSay, sayInEnglish as say } from "../../src/cli/words.js";
import type { PegComparisonResult } from "../../src/contract/comparison.js";
import type { JudgeVerdict, PegJudge } from "../../src/contract/judge.js";
import { answerOf, peg } from "./answer.js";

function judged(name: string, verdict: JudgeVerdict, more: Partial<PegJudge> = {}): PegComparisonResult {
  const judge: PegJudge = {
    verdict,
    reason: "of_a_test",
    sentence: { en: `Sentence of ${name}.`, ko: `${name} 문장.` },
    direction: "higher_is_better",
    kind: "gauge",
    critical: false,
    band_percent: 5,
    design: "paired_by_week",
    scale: "log",
    change_percent: 10,
    interval: { low: -1.04, high: 12.06 },
    n: 168,
    n_eff: 100,
    dropped: [],
    warnings: [],
    ...more,
  };
  return { ...peg(name), judge };
}

test("an interval is shown with its signs, and with ends that are not there", () => {
  const judge = { band_percent: 5, change_percent: 1 };
  const text = (low: number | null, high: number | null) =>
    intervalText({ ...judge, interval: { low, high } }, say);
  expect(text(-1.04, 12.06)).toBe("-1.0 to +12.1 %");
  expect(text(-0.04, null)).toBe("0.0 to +∞ %");
  expect(text(null, 2e7)).toBe("-∞ to +2.0e+7 %");
  expect(intervalText(judge, say)).toBe("");
  const narrow = { band_percent: 0.02, change_percent: 0.04, interval: { low: 0.031, high: 0.049 } };
  expect(intervalText(narrow, say)).toBe("+0.031 to +0.049 %");
});

describe("a judged comparison", () => {
  const pegs = [
    judged("DL_Throughput_Mbps", "improved"),
    judged("Latency_ms", "inconclusive"),
    judged("Users", "unchanged"),
    peg("Unjudged"),
  ];

  test("tells verdict, interval, and the sentence of what is not as before", () => {
    const lines = formatComparison(answerOf(pegs), { say, color: false }).split("\n");
    expect(lines[4]).toMatch(/^ PEG +Weight +N-1 +N +Change +95 % interval +Verdict$/);
    expect(lines[6]).toMatch(/^ DL_Throughput_Mbps .* \+10\.0 % ▲ +-1\.0 to \+12\.1 % +improved$/);
    expect(lines[7]).toMatch(/ cannot tell$/);
    expect(lines.slice(11, 14)).toEqual([
      "DL_Throughput_Mbps: Sentence of DL_Throughput_Mbps.",
      "Latency_ms: Sentence of Latency_ms.",
      "",
    ]);
    const korean = formatComparison(answerOf(pegs), {
      say: createSay({ LANG: "ko_KR.UTF-8" }),
      color: false,
    });
    expect(korean).toContain("Latency_ms: Latency_ms 문장.\n");
    expect(korean).toMatch(/ -1\.0 ~ \+12\.1% +판단 불가$/m);
  });

  test.each([60, 80, 100])("fits a terminal of %d columns, verdict and interval to the last", (columns) => {
    const lines = formatComparison(answerOf(pegs), { say, color: false, columns }).split("\n").slice(4, 10);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines[2]).toMatch(/-1\.0 to \+12\.1 % +improved$/);
  });

  test("of hundreds of PEGs does not print hundreds of sentences", () => {
    const many = Array.from({ length: 300 }, (_, i) => judged(`K${i}`, "declined"));
    const text = formatComparison(answerOf(many), { say, color: false });
    expect(text.match(/Sentence of/g)).toHaveLength(20);
    expect(text).toContain("280 more PEGs");
  });
});

test("what was injected is held against the rule and the judge, each right, wrong or not told", () => {
  const truth = [
    { pegName: "found", changePercent: 10, note: "traffic" },
    { pegName: "missed", changePercent: 10, note: "traffic" },
    { pegName: "open", changePercent: 1, note: "traffic" },
    { pegName: "false alarm", changePercent: 0, note: "traffic" },
    { pegName: "turned", changePercent: 10, note: "traffic" },
    { pegName: "gone", changePercent: null, note: "traffic" },
  ] as const;
  const pegs = [
    judged("found", "improved"),
    judged("missed", "stable"),
    judged("open", "inconclusive"),
    judged("false alarm", "declined"),
    judged("turned", "improved", { direction: "lower_is_better" }),
  ];
  const answer = answerOf(pegs, {}, [{ peg_name: "gone", reason: "no samples in period N" }]);
  const lines = formatTruth([...truth], answer, say).split("\n");
  const scores = lines.slice(2, 8).map((line) => line.match(/right|wrong|cannot tell: cannot tell/g));
  expect(scores).toEqual([
    ["right", "right"],
    ["right", "wrong"],
    ["wrong", "cannot tell: cannot tell"],
    ["wrong", "wrong"],
    ["right", "wrong"],
    ["right", "right"],
  ]);
  expect(lines.slice(-2)).toEqual([
    "5 % rule: 4 right, 2 wrong, 0 not told",
    "Judge: 2 right, 3 wrong, 1 not told",
  ]);
});
