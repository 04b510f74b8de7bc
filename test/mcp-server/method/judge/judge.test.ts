import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mcpAnswerHead, wirePegResult } from "../../../../src/contract/mcp-protocol.js";
import { pegOf, type Row, request, rows } from "../../analysis-request.js";
import { type Definitions, HOUR, hourly, judgeOf, judgingRequest, START } from "./hours.js";
import { run, swinging, WEEK } from "./judging.js";
import { Noise } from "./noise.js";

describe("a PEG is", () => {
  test("improved where it rose beyond its band and beyond noise, and fits the contract", () => {
    const answer = run(judgingRequest(swinging("K", 1.08, 0.08)));
    const { judge } = pegOf(answer, "K");
    expect(judge).toMatchObject({
      verdict: "improved",
      reason: "significant_beyond_band",
      design: "paired_by_week",
      scale: "log",
      n: WEEK,
      dropped: [],
      warnings: [],
    });
    expect(judge?.sentence.en).toMatch(/^Improved: \+\d/);
    expect(judge?.sentence.ko).toMatch(/^개선: \+\d/);
    const wire = JSON.parse(JSON.stringify(answer));
    expect(mcpAnswerHead.parse(wire).data.summary.judge).toEqual(answer.data.summary.judge);
    for (const peg of wire.data.peg_comparison_results) expect(wirePegResult.parse(peg).judge).toEqual(judge);
  });

  test.each([
    ["lower_is_better", "declined"],
    ["neutral", "changed"],
  ] as const)("with the same rise and direction %s: %s", (direction, verdict) => {
    const definitions = { K: { direction } };
    expect(judgeOf(judgingRequest(swinging("K", 1.08, 0.08), { definitions })).verdict).toBe(verdict);
  });

  test("minor where it rose for certain, but less than its band", () => {
    expect(judgeOf(judgingRequest(swinging("K", 1.03, 0.03))).verdict).toBe("minor");
    const definitions = { K: { band_percent: 2 } };
    expect(judgeOf(judgingRequest(swinging("K", 1.03, 0.03), { definitions })).verdict).toBe("improved");
    const among = { K: { thresholds: { band_percent: 2 } } };
    expect(judgeOf(judgingRequest(swinging("K", 1.03, 0.03), { definitions: among })).verdict).toBe(
      "improved",
    );
  });

  test("stable where its interval lies inside the band, and inconclusive where it is too wide", () => {
    expect(judgeOf(judgingRequest(swinging("K", 1, 0.08, 5))).verdict).toBe("stable");
    expect(judgeOf(judgingRequest(swinging("K", 1, 0.8, 6))).verdict).toBe("inconclusive");
  });

  test("without a verdict where there is too little, and told how much more it takes", () => {
    const few = judgingRequest(hourly("K", WEEK, (hour) => (hour < 6 ? 5 : undefined)));
    expect(judgeOf(few)).toMatchObject({
      verdict: "insufficient_data",
      reason: "too_few_samples",
      n: 6,
      needed: 129,
      change_percent: null,
    });
    const half = judgingRequest(hourly("K", WEEK, (hour) => (hour < 100 ? 5 + (hour % 7) : undefined)));
    expect(judgeOf(half)).toMatchObject({ reason: "low_coverage", n: 100, needed: 35 });
  });

  test("compared without its times as if neighbours correlated, with a warning", () => {
    const random = new Noise(3);
    const values = () => Array.from({ length: 60 }, () => 100 + random.normal());
    const judge = judgeOf(request(rows("K", values(), values()), {}, { algorithm_version: "v3.0.0" }));
    expect(judge).toMatchObject({ design: "unpaired", warnings: ["no_timestamps"], n: 60, n_eff: 20 });
    expect(judge.shift).toBeCloseTo(0, 0);
  });
});

describe("what is left out is told", () => {
  test("suspect samples, missing ones, and cells of one period", () => {
    const stats = swinging("K", 1, 0.05);
    Object.assign(stats[3] as Row, { suspect: true, avg: 1e9 });
    Object.assign(stats[5] as Row, { avg: null });
    const judge = judgeOf(judgingRequest([...stats, { ...(stats[9] as Row), cell_id: "B" }]));
    expect(judge.n).toBe(WEEK - 2);
    expect(judge.dropped).toEqual([
      { reason: "suspect", count: 1 },
      { reason: "missing", count: 1 },
      { reason: "cell_in_one_period", count: 1 },
      { reason: "no_partner", count: 2 },
    ]);
  });

  test("suspect samples of a derived PEG's parts, and none of those after them, without times too", () => {
    // Each third try is of a busy hour: shifted by one against the others, the rates would scatter tenfold.
    const tries = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 1000 : 100));
    const random = new Noise(4);
    const ok = () => tries.map((count) => count * (0.5 + 0.01 * random.normal()));
    const stats = [...rows("ok", ok(), ok()), ...rows("tries", tries, tries)];
    const judge = () =>
      judgeOf(request(stats, { rate: { formula: "ok / tries" } }, { algorithm_version: "v3.0.0" }), "rate");
    expect(judge()).toMatchObject({ n: 60, verdict: "stable", dropped: [] });
    Object.assign(stats[63] as Row, { suspect: true, avg: 1e9 });
    expect(judge()).toMatchObject({
      n: 59,
      verdict: "stable",
      dropped: [{ reason: "suspect", count: 1 }],
    });
  });

  test("the hours that a clock change skips and doubles", () => {
    // Berlin: clocks go back in the night of 27 October 2024, within the second week.
    const start = Date.parse("2024-10-13T22:00:00Z");
    const random = new Noise(2);
    const stats = (["N-1", "N"] as const).flatMap((period, half) =>
      Array.from({ length: WEEK }, (_, hour): Row => {
        const timestamp = new Date(start + (half * WEEK + hour) * HOUR).toISOString();
        return { kpi_name: "K", period, avg: 50 + random.normal(), cell_id: "A", timestamp };
      }),
    );
    const judge = judgeOf(judgingRequest(stats, { start, zone: "Europe/Berlin" }));
    expect(judge.dropped).toEqual([
      { reason: "clock_change", count: 2 },
      { reason: "no_partner", count: 2 },
    ]);
    expect(judge.n).toBe(WEEK - 2);
  });
});

describe("kinds", () => {
  test("a ratio is sums over sums: one busy hour weighs as much as it carries", () => {
    const attempts = hourly("attempts", WEEK, (hour) => (hour % 24 === 12 ? 10_000 : 10));
    const successes = hourly("ok", WEEK, (hour, period) =>
      hour % 24 === 12 ? (period === "N" ? 9_000 : 9_900) - (hour % 5) : 10,
    );
    const rate = hourly("K", WEEK, () => 99);
    const definitions: Definitions = { K: { kind: "ratio", numerator: "ok", denominator: "attempts" } };
    const judge = judgeOf(judgingRequest([...attempts, ...successes, ...rate], { definitions }));
    expect(judge).toMatchObject({ scale: "pooled", design: "paired_by_week" });
    expect(judge.change_percent).toBeCloseTo(-8.9, 1);
  });

  test("a rare count is an exact test of events over what they happen on", () => {
    const drops = hourly("K", WEEK, (hour, period) => (hour % (period === "N" ? 12 : 56) === 0 ? 1 : 0));
    const calls = hourly("calls", WEEK, () => 1000);
    const definitions: Definitions = {
      K: { kind: "rare_count", exposure: "calls", direction: "lower_is_better" },
    };
    const judge = judgeOf(judgingRequest([...drops, ...calls], { definitions }));
    // 3 and 14 of 17 with a share of a half: R's binom.test(14, 17) has p 0.01273.
    expect(judge).toMatchObject({ design: "rate", n: 17, verdict: "declined", warnings: [] });
    expect(judge.p?.toFixed(5)).toBe("0.01273");
  });

  test("what cannot be judged as its kind asks is judged as a level, with a warning", () => {
    const definitions: Definitions = { K: { kind: "rare_count" } };
    expect(judgeOf(judgingRequest(swinging("K", 1, 0.05), { definitions })).warnings).toEqual([
      "not_counts_of_events",
    ]);
  });
});

describe("what a definition is silent about", () => {
  const sources = ({ direction, direction_source, kind, kind_source }: ReturnType<typeof judgeOf>) => [
    ...[direction, direction_source],
    ...[kind, kind_source],
  ];

  test("is told by a well-known name, and the answer says so", () => {
    const body = judgingRequest(swinging("Call_Drop_Rate", 1.2, 0.05));
    const judge = judgeOf(body, "Call_Drop_Rate");
    expect(sources(judge)).toEqual(["lower_is_better", "catalogue", "ratio", "catalogue"]);
    expect(judge.verdict).toBe("declined");
    // The comparison's own numbers go by definitions alone.
    expect(run(body).data.summary).toMatchObject({ improved: 1, declined: 0 });
  });

  test("is as usual for other names; what is defined goes before both", () => {
    expect(sources(judgeOf(judgingRequest(swinging("K", 1, 0.05))))).toEqual([
      ...["higher_is_better", "default"],
      ...["gauge", "default"],
    ]);
    const definitions: Definitions = { Latency_ms: { direction: "neutral", kind: "counter" } };
    const body = judgingRequest(swinging("Latency_ms", 1, 0.05), { definitions });
    expect(sources(judgeOf(body, "Latency_ms"))).toEqual(["neutral", "definition", "counter", "definition"]);
  });

  test.each([
    ["ok", "all"],
    ["성공", "시도"],
    ["उपलब्धता", "e\u0301tats"],
  ])("a ratio that its formula gives by its parts is pooled: %s / %s", (ok, all) => {
    const stats = [...swinging(ok, 1.1, 0.05), ...swinging(all, 1, 0.05, 2)];
    const definitions: Definitions = { RACH_Success_Rate: { formula: `${ok} / ${all} * 100` } };
    expect(judgeOf(judgingRequest(stats, { definitions }), "RACH_Success_Rate")).toMatchObject({
      kind_source: "catalogue",
      scale: "pooled",
      warnings: [],
    });
  });
});

describe("the whole", () => {
  const stats = [...swinging("a", 1.2, 0.05), ...swinging("b", 0.9, 0.05, 2), ...swinging("c", 1, 0.8, 3)];

  test("is improved by its weights, and declined once a critical PEG is", () => {
    const weights: Definitions = {
      a: { weight: 10 },
      b: { weight: 1 },
      c: { weight: 1, direction: "neutral" },
    };
    const { judge } = run(judgingRequest(stats, { definitions: weights })).data.summary;
    expect(judge).toMatchObject({ verdict: "improved", tested: 3, tested_critical: 0 });
    expect(judge?.counts).toMatchObject({ improved: 1, declined: 1, inconclusive: 1 });
    const critical = { ...weights, b: { weight: 1, critical: true } };
    const answer = run(judgingRequest(stats, { definitions: critical }));
    expect(answer.data.summary.judge).toMatchObject({ verdict: "declined", reason: "critical_declined" });
    const parts = ["a", "b"].map((name) => pegOf(answer, name).judge?.contribution ?? 0);
    const sum = (parts[0] ?? 0) + (parts[1] ?? 0);
    expect(sum).toBeCloseTo(answer.data.summary.judge?.weighted_change?.percent ?? 0, 10);
  });

  test("is never good where nothing could be tested", () => {
    const { judge } = run(judgingRequest(hourly("K", WEEK, (hour) => (hour < 3 ? hour + 1 : undefined)))).data
      .summary;
    expect(judge).toMatchObject({ verdict: "insufficient_data", tested: 0, share_insufficient: 1 });
  });

  test("leaves the numbers of v2.1.0 as they are, which has no such blocks", () => {
    const judged = run(judgingRequest(stats));
    const plain = run({ ...judgingRequest(stats), options: { algorithm_version: "v2.1.0" } });
    expect(JSON.stringify(plain)).not.toContain('"judge"');
    const strip = (text: string) => JSON.parse(text, (key, value) => (key === "judge" ? undefined : value));
    expect(strip(JSON.stringify(judged).replaceAll("v3.0.0", "v2.1.0"))).toEqual(
      JSON.parse(JSON.stringify(plain)),
    );
  });
});

test("the judge's bytes are the same however the rows are ordered, and however often they are read", () => {
  const timed = [...swinging("a", 1.1, 0.1), ...swinging("a", 1.1, 0.1, 4, "B"), ...swinging("b", 1, 0.2, 2)];
  const ratio = [...hourly("x", WEEK, (hour) => hour % 9), ...hourly("y", WEEK, (hour) => 9 + (hour % 4))];
  const untimed = rows("c", [1, 5, 2, 8, 3, 9, 1, 4, 4, 6, 2, 7, 3], [3, 9, 9, 2, 5, 1, 6, 8, 8, 2, 5, 4, 1]);
  // Two carriers of one cell and name.
  const twice = [...ratio, ...hourly("x", WEEK, (hour) => 3 + (hour % 5)), ...hourly("y", WEEK, () => 30)];
  const stats = [...timed, ...twice, ...untimed, ...hourly("r", WEEK, (hour) => (hour % 40 === 0 ? 1 : 0))];
  const definitions: Definitions = {
    a: { critical: true },
    x: { kind: "ratio", numerator: "x", denominator: "y" },
    r: { kind: "rare_count" },
    d: { formula: "x / y" },
  };
  const bytes = (shuffled: Row[]) => {
    const { data } = run(judgingRequest(shuffled, { definitions }));
    return JSON.stringify([data.summary.judge, data.peg_comparison_results.map(({ judge }) => judge)]);
  };
  const expected = bytes(stats);
  expect(bytes(stats)).toBe(expected);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new Noise(seed);
      const keyed = stats.map((row): [number, Row] => [random.next(), row]);
      expect(bytes(keyed.sort(([one], [other]) => one - other).map(([, row]) => row))).toBe(expected);
    }),
    { numRuns: 15 },
  );
});

test("the periods start on any day", () => {
  expect(new Date(START).getUTCDay()).toBe(1);
  const body = judgingRequest(swinging("K", 1.1, 0.05));
  const later = { ...body.raw_data.period_info, n1_start: "2024-01-01T00:00:00+09:00" };
  const answer = judgeOf({ ...body, raw_data: { ...body.raw_data, period_info: later } });
  expect(answer).toMatchObject({ design: "paired_by_week", verdict: "improved" });
});
