import { describe, expect, test } from "vitest";
import { pegJudge } from "../../../../src/contract/judge.js";
import { mcpAnswerHead, wirePegResult } from "../../../../src/contract/mcp-protocol.js";
import { compare } from "../../../../src/mcp-server/method/compare.js";
import { brownForsythe } from "../../../../src/mcp-server/method/judge/brown-forsythe.js";
import { judgePegs, type MeasuredPeg } from "../../../../src/mcp-server/method/judge/judge-pegs.js";
import { pooledRatio, sumOf } from "../../../../src/mcp-server/method/judge/pooled-ratio.js";
import { compareRates } from "../../../../src/mcp-server/method/judge/rare-counts.js";
import { welchEstimate } from "../../../../src/mcp-server/method/judge/welch.js";
import { fixedClock, pegOf, type Row } from "../../analysis-request.js";
import { type Definitions, hourly, judgingRequest } from "./hours.js";
import { Noise } from "./noise.js";

const WEEK = 168;
const MOST = Number.MAX_VALUE;

/** An answer that went over the wire and is as the contract has it. */
function answerTo(stats: Row[], definitions: Definitions = {}) {
  const answer = compare(judgingRequest(stats, { definitions }), fixedClock());
  const wire = JSON.parse(JSON.stringify(answer));
  mcpAnswerHead.parse(wire);
  for (const peg of wire.data.peg_comparison_results) wirePegResult.parse(peg);
  return answer;
}

function noisy(name: string, sentinel?: number, seed = 1): Row[] {
  const random = new Noise(seed);
  return hourly(name, WEEK, (hour, period) => {
    if (sentinel !== undefined && period === "N-1" && hour === 5) return 0;
    const value = (period === "N" ? 120 : 100) + random.normal();
    return sentinel !== undefined && period === "N" && hour === 50 ? sentinel : value;
  });
}

const untimed = (rows: Row[]) => rows.map(({ timestamp: _, ...row }): Row => row);

describe("one absurd value", () => {
  const good = noisy("good", undefined, 2);
  const alone = pegOf(answerTo(good), "good").judge;

  test.each([MOST, -MOST, 1e200, 1e155, 3.4e38, -1e300])(
    "of %d costs nobody the answer, nor another PEG its verdict",
    (sentinel) => {
      for (const rows of [noisy("K", sentinel), untimed(noisy("K", sentinel))]) {
        const answer = answerTo([...good, ...rows]);
        const { p, verdict, interval, variability } = pegOf(answer, "good").judge ?? {};
        expect({ p, verdict, interval, variability }).toEqual({
          p: alone?.p,
          verdict: "improved",
          interval: alone?.interval,
          variability: alone?.variability,
        });
        expect(pegOf(answer, "K").judge).toMatchObject({
          reason: "interval_too_wide",
          q: expect.any(Number),
        });
      }
    },
  );

  test("is no number to the tests of all PEGs together, whatever it came from", () => {
    const peg: MeasuredPeg["peg"] = {
      name: "K",
      weight: 5,
      direction: "higher_is_better",
      directionSource: "default",
      kind: "gauge",
      kindSource: "default",
      critical: true,
      bandPercent: 5,
    };
    const measured = (p: number, percent: number): MeasuredPeg => ({
      peg,
      measured: {
        ...{
          design: "unpaired",
          scale: "plain",
          n: 20,
          nEff: 10,
          dropped: [],
          warnings: [],
          shift: Infinity,
        },
        effect: { p, percent, interval: () => ({ low: percent - 1, high: percent + 1 }) },
        variability: { flag: "same", p: Number.NaN, ratio: Number.NaN },
      },
    });
    const judges = judgePegs([measured(Number.NaN, 9), measured(0.01, 10), measured(0.5, Number.NaN)]);
    const lacking = { verdict: "insufficient_data", reason: "too_large_for_a_double", n_eff: 0 };
    expect(judges).toMatchObject([lacking, { verdict: "improved", p: 0.01, q: 0.01, p_holm: 0.01 }, lacking]);
    for (const judge of judges) {
      pegJudge.parse(JSON.parse(JSON.stringify(judge)));
      expect([judge.shift, judge.variability]).toEqual([undefined, undefined]);
    }
  });
});

describe("a ratio of parts that are huge", () => {
  const rows = (above: number, below: number) => [
    ...hourly("above", WEEK, (hour) => above * (1 - (hour % 7) / 100)),
    ...hourly("below", WEEK, () => below),
    ...hourly("R", WEEK, () => 1),
    ...noisy("good"),
  ];
  const definitions: Definitions = { R: { kind: "ratio", numerator: "above", denominator: "below" } };

  test.each([
    [1e307, 1],
    [1, 1e307],
    [MOST / 150, MOST / 100],
  ])("%d over %d, is judged", (above, below) => {
    const { judge } = pegOf(answerTo(rows(above, below), definitions), "R");
    expect(judge).toMatchObject({ verdict: "stable", scale: "pooled", change_percent: 0, p: 1 });
  });

  test.each([
    [1e300, 1e-300],
    [MOST, 1],
  ])("%d over %d, which is no double, is not, and says why", (above, below) => {
    // Of two cells in a slot the sums are no doubles either.
    const stats = rows(above, below).flatMap((row) => [row, { ...row, cell_id: "B" }]);
    const answer = answerTo(stats, definitions);
    expect(pegOf(answer, "R").judge).toMatchObject({
      verdict: "insufficient_data",
      reason: "too_large_for_a_double",
    });
    expect(pegOf(answer, "good").judge?.verdict).toBe("improved");
  });
});

test("tests of samples that are scaled by a power of two are the same", () => {
  const random = new Noise(3);
  const one = Array.from({ length: 40 }, () => random.normal());
  const other = Array.from({ length: 30 }, () => 2 * random.normal() + 1);
  const spread = brownForsythe([one, other]);
  const welch = welchEstimate({ values: one, nEff: 20 }, { values: other, nEff: 15 });
  for (const scale of [2 ** 1020, 2 ** 900, 2 ** -1000]) {
    const scaled = [one, other].map((values) => values.map((value) => value * scale)) as [number[], number[]];
    const { f, p, spreads } = brownForsythe(scaled);
    expect([f, p]).toEqual([spread.f, spread.p]);
    expect(spreads).toEqual(spread.spreads.map((mean) => mean * scale));
    expect(welchEstimate({ values: scaled[0], nEff: 20 }, { values: scaled[1], nEff: 15 })).toEqual({
      value: welch.value * scale,
      error: welch.error * scale,
      df: welch.df,
    });
  }
  expect(brownForsythe([one, [1, 2, Number.POSITIVE_INFINITY]]).p).toBeNaN();
});

test("sums and shares of the largest doubles are what they are", () => {
  expect(sumOf([MOST, MOST, -MOST])).toBe(MOST);
  expect(sumOf([MOST, MOST])).toBe(Number.POSITIVE_INFINITY);
  const parts = { numerators: Float64Array.of(MOST, 0), denominators: Float64Array.of(MOST, MOST) };
  expect(pooledRatio(parts)).toEqual({ ratio: 0.5, residuals: Float64Array.of(0.5, -0.5) });
  const rates = compareRates({ count: 3, exposure: MOST }, { count: 3, exposure: MOST });
  expect([rates.ratio, rates.p]).toEqual([1, 1]);
});
