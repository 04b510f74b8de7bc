import { describe, expect, test } from "vitest";
import { mcpAnswerHead, wirePegResult } from "../../../src/contract/mcp-protocol.js";
import { compare, type McpAnswer } from "../../../src/mcp-server/method/compare.js";
import { fixedClock, NOW, pegOf, type Row, request, rows } from "../analysis-request.js";

const run = (...args: Parameters<typeof request>): McpAnswer => compare(request(...args), fixedClock());
const names = (answer: McpAnswer): string[] => answer.data.peg_comparison_results.map((peg) => peg.peg_name);

describe("the answer", () => {
  const answer = run(
    [...rows("RSRP", [-97, -98, -99], [-87, -88, -89]), ...rows("Drops", [2, null, 2], [1])],
    {
      RSRP: { weight: 9 },
      Drops: { direction: "lower_is_better" },
    },
    { algorithm_version: "v2.1.0" },
  );

  test("is, word for word, this", () => {
    expect(answer).toEqual({
      success: true,
      data: {
        analysis_id: "analysis-1",
        peg_comparison_results: [
          {
            peg_name: "RSRP",
            weight: 9,
            n1_period: {
              avg: -98,
              rsd: (1 / 98) * 100,
              values: [-97, -98, -99],
              count: 3,
              missing: 0,
              outliers: 0,
            },
            n_period: {
              avg: -88,
              rsd: (1 / 88) * 100,
              values: [-87, -88, -89],
              count: 3,
              missing: 0,
              outliers: 0,
            },
            comparison: {
              change_percent: (10 / 98) * 100,
              change_absolute: 10,
              trend: "up",
              significance: "medium",
              confidence: 0.85 * 0.8,
            },
            metadata: { cell_id: "A", calculated_at: NOW, data_quality: "high" },
          },
          {
            peg_name: "Drops",
            weight: 5,
            n1_period: { avg: 2, rsd: 0, values: [2, 2], count: 2, missing: 1, outliers: 0 },
            n_period: { avg: 1, rsd: 0, values: [1], count: 1, missing: 0, outliers: 0 },
            comparison: {
              change_percent: -50,
              change_absolute: -1,
              trend: "down",
              significance: "high",
              confidence: 0.85 * 0.6 * 0.8,
            },
            metadata: { cell_id: "A", calculated_at: NOW, data_quality: "medium" },
          },
        ],
        summary: {
          total_pegs: 2,
          improved: 2,
          declined: 0,
          stable: 0,
          weighted_avg_change: expect.closeTo((9 * (1000 / 98) + 5 * 50) / 14, 12),
          overall_trend: "improving",
        },
        analysis_metadata: {
          calculated_at: NOW,
          algorithm_version: "v2.1.0",
          data_source: "raw_data",
          period_definition: {
            n1_start: "2024-01-01T00:00:00.000Z",
            n1_end: "2024-01-07T23:59:59.000Z",
            n_start: "2024-01-08T00:00:00.000Z",
            n_end: "2024-01-14T23:59:59.000Z",
          },
          skipped_pegs: [],
        },
      },
      processing_time: 0.25,
      algorithm_version: "v2.1.0",
    });
  });

  test("fits the contract, on the wire too", () => {
    const wire = JSON.parse(JSON.stringify(answer));
    expect(mcpAnswerHead.parse(wire).data.summary).toEqual(answer.data.summary);
    for (const peg of wire.data.peg_comparison_results) {
      expect(wirePegResult.parse(peg).metadata?.calculated_at).toEqual(new Date(NOW));
    }
  });

  test("is the same for the same request", () => {
    const stats = rows("A", [1, 2, 3], [4, 5, 6]);
    expect(JSON.stringify(run(stats))).toBe(JSON.stringify(run(stats)));
  });

  test("leaves out the metadata of PEGs, and only that, when asked to", () => {
    const bare = run(rows("RSRP", [1], [2]), {}, { include_metadata: false });
    expect(pegOf(bare, "RSRP")).not.toHaveProperty("metadata");
    expect(bare.data.analysis_metadata.calculated_at).toBe(NOW);
  });
});

describe("PEGs", () => {
  test("are ordered by weight and then by name in code unit order", () => {
    const stats = ["b", "a", "Z", "ä", "_", "heavy"].flatMap((name) => rows(name, [1], [1]));
    expect(names(run(stats, { heavy: { weight: 10 }, a: { weight: 5 } }))).toEqual([
      "heavy",
      "Z",
      "_",
      "a",
      "b",
      "ä",
    ]);
  });

  test("may have names that objects have", () => {
    const definitions = JSON.parse('{"__proto__": {"weight": 7}}');
    const stats = ["constructor", "__proto__", "toString"].flatMap((name) => rows(name, [100], [150]));
    const answer = run(stats, definitions);
    expect(names(answer)).toEqual(["__proto__", "constructor", "toString"]);
    expect(answer.data.peg_comparison_results.map((peg) => peg.weight)).toEqual([7, 5, 5]);
    expect(answer.data.summary).toMatchObject({ improved: 3 });
  });

  test("name their cell, or ALL where samples are of several", () => {
    const answer = run([
      ...rows("one", [1], [1], "A"),
      ...rows("two", [1], [], "A"),
      ...rows("two", [], [1], "B"),
      ...rows("late", [1, 1], [1], "A"),
      ...rows("late", [], [1], "B"),
      ...rows("null elsewhere", [1], [1], "A"),
      ...rows("null elsewhere", [null], [null], "B"),
    ]);
    const cells = ["one", "two", "late", "null elsewhere"].map(
      (name) => pegOf(answer, name).metadata?.cell_id,
    );
    expect(cells).toEqual(["A", "ALL", "ALL", "A"]);
  });

  test("with samples in one period only are skipped, and it says why", () => {
    const answer = run([
      ...rows("fine", [1], [1]),
      ...rows("before", [1], []),
      ...rows("after", [null], [1]),
      ...rows("nothing", [null], [null]),
    ]);
    expect(names(answer)).toEqual(["fine"]);
    expect(answer.data.summary.total_pegs).toBe(1);
    expect(answer.data.analysis_metadata.skipped_pegs).toEqual([
      { peg_name: "after", reason: "no samples in period N-1" },
      { peg_name: "before", reason: "no samples in period N" },
      { peg_name: "nothing", reason: "no samples in either period" },
    ]);
  });

  test("of which only a definition is there are no PEGs", () => {
    const answer = run(rows("fine", [1], [1]), { other: { weight: 3 } });
    expect(answer.data.analysis_metadata.skipped_pegs).toEqual([]);
  });

  test("are skipped where a double cannot hold the change or the RSD", () => {
    const answer = run([
      ...rows("fine", [1], [1]),
      ...rows("absolute", [-1.7e308], [1.7e308]),
      ...rows("percent", [5e-324], [1e300]),
      ...rows("rsd", [1e308, -1e308, 1e-10], [1]),
    ]);
    expect(names(answer)).toEqual(["fine"]);
    const reason = "the change or the RSD is too large for a double";
    expect(answer.data.analysis_metadata.skipped_pegs).toEqual(
      ["absolute", "percent", "rsd"].map((peg_name) => ({ peg_name, reason })),
    );
  });

  test("note a baseline of 0", () => {
    const answer = run([...rows("up", [0, 0], [3]), ...rows("both", [-1, 1], [0])]);
    expect(pegOf(answer, "up").comparison).toMatchObject({
      change_percent: 100,
      trend: "up",
      note: "zero_baseline",
    });
    expect(pegOf(answer, "both").comparison).toMatchObject({ change_percent: 0, trend: "stable" });
    expect(pegOf(answer, "both").comparison).not.toHaveProperty("note");
  });
});

describe("outliers", () => {
  const stats = rows("Delay", [10, 11, 12, 13, 900], [10, 11, 12, 13, 14]);

  test("are counted per period and kept", () => {
    const { n1_period, n_period } = pegOf(run(stats), "Delay");
    expect([n1_period.outliers, n_period.outliers]).toEqual([1, 0]);
    expect(n1_period.avg).toBeCloseTo(189.2, 12);
  });

  test("become the median of their period when asked to", () => {
    const { n1_period, n_period } = pegOf(run(stats, {}, { outliers: "median" }), "Delay");
    expect(n1_period).toMatchObject({ outliers: 1, count: 5, avg: 11.6, values: [10, 11, 12, 13, 12] });
    expect(n_period).toMatchObject({ outliers: 0, values: [10, 11, 12, 13, 14] });
  });
});

test("half a million rows of one KPI overflow no stack", () => {
  const stats = Array.from({ length: 500_000 }, (_, index): Row => {
    return { kpi_name: "A", period: index % 2 ? "N" : "N-1", avg: index, cell_id: `cell ${index % 100}` };
  });
  const { n1_period, n_period } = pegOf(run(stats, {}, { outliers: "median" }), "A");
  expect([n1_period.count, n1_period.avg, n_period.count, n_period.avg]).toEqual([
    250_000, 249_999, 250_000, 250_000,
  ]);
}, 30_000);
