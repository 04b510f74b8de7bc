import { describe, expect, test } from "vitest";
import { MAX_SAMPLES } from "../../../src/contract/limits.js";
import { compare, compareInSteps, type McpAnswer } from "../../../src/mcp-server/method/compare.js";
import { fixedClock, pegOf, type Row, request, rows } from "../analysis-request.js";

const run = (...args: Parameters<typeof request>): McpAnswer => compare(request(...args), fixedClock());
const success = { formula: "ok / tries * 100" };

function sample(kpi_name: string, avg: number | null, cell_id: string, timestamp?: string): Row {
  return { kpi_name, period: "N-1", avg, cell_id, ...(timestamp && { timestamp }) };
}

/** The N-1 samples of the derived PEG; N has one of 100. */
function derive(n1: Row[]) {
  const stats = [...n1, ...rows("ok", [], [1], "N cell"), ...rows("tries", [], [1], "N cell")];
  const answer = run(stats, { rate: success });
  const peg = answer.data.peg_comparison_results.find((result) => result.peg_name === "rate");
  return peg?.n1_period;
}

describe("samples are joined", () => {
  test("by position in the cell where there is no timestamp, in the order of the PEG named first", () => {
    const n1 = [
      sample("tries", 10, "A"),
      sample("tries", 20, "B"),
      sample("tries", 40, "A"),
      sample("ok", 5, "B"),
      sample("ok", 5, "A"),
      sample("ok", 10, "A"),
    ];
    expect(derive(n1)).toMatchObject({ values: [25, 50, 25], count: 3, dropped: 0, missing: 0 });
  });

  test("by cell and instant, however the time is written", () => {
    const n1 = [
      sample("ok", 1, "A", "2024-01-01T00:00:00Z"),
      sample("ok", 2, "A", "2024-01-01T01:00:00Z"),
      sample("tries", 4, "A", "2024-01-01T10:00:00+09:00"),
      sample("tries", 10, "A", "2024-01-01 00:00:00"),
    ];
    expect(derive(n1)?.values).toEqual([10, 50]);
  });

  test("as their mean where a cell has several samples of one instant, in whatever order they come", () => {
    const at = "2024-01-01T00:00:00Z";
    const n1 = [
      sample("ok", 1, "A", at),
      sample("ok", 3, "A", "2024-01-01T09:00:00+09:00"),
      sample("tries", 10, "A", at),
      sample("tries", null, "A", at),
      sample("tries", 6, "A", at),
      sample("ok", null, "B", at),
      sample("tries", 6, "B", at),
    ];
    expect(derive(n1)).toMatchObject({ values: [25], missing: 1, dropped: 0 });
    expect(derive(n1.reverse())).toMatchObject({ values: [25], missing: 1, dropped: 0 });
  });

  test("never over cells or over the two kinds of row", () => {
    const n1 = [
      sample("ok", 1, "A"),
      sample("tries", 1, "B"),
      sample("ok", 1, "C", "2024-01-01T00:00:00Z"),
      sample("tries", 1, "C"),
      sample("ok", 1, "D"),
      sample("tries", 2, "D"),
    ];
    expect(derive(n1)).toMatchObject({ values: [50], dropped: 4 });
  });

  test("with periods kept apart", () => {
    const stats = [...rows("ok", [1, 2], [30, 40]), ...rows("tries", [10, 10], [100, 100])];
    const peg = pegOf(run(stats, { rate: success }), "rate");
    expect([peg.n1_period.values, peg.n_period.values]).toEqual([
      [10, 20],
      [30, 40],
    ]);
  });
});

describe("samples that cannot be computed", () => {
  test("are dropped and counted where the divisor is 0", () => {
    const n1 = [...rows("ok", [1, 2, 0], []), ...rows("tries", [2, 0, 0], [])];
    expect(derive(n1)).toMatchObject({ values: [50], count: 1, dropped: 2, missing: 0 });
  });

  test("are missing where a measurement is null", () => {
    const n1 = [...rows("ok", [1, null, 3, null], []), ...rows("tries", [2, 2, null, null], [])];
    expect(derive(n1)).toMatchObject({ values: [50], missing: 3, dropped: 0 });
  });

  test("are dropped where one PEG has no row", () => {
    const n1 = [...rows("ok", [1, 2, null], []), ...rows("tries", [2], [])];
    expect(derive(n1)).toMatchObject({ values: [50], missing: 0, dropped: 2 });
  });

  test("are dropped where the result is no double", () => {
    const n1 = [...rows("ok", [1, 1e308], []), ...rows("tries", [2, 1e-308], [])];
    expect(derive(n1)).toMatchObject({ values: [50], dropped: 1 });
  });

  test("leave a PEG without samples, which is skipped", () => {
    const stats = [...rows("ok", [1], [1]), ...rows("tries", [0], [1])];
    expect(run(stats, { rate: success }).data.analysis_metadata.skipped_pegs).toEqual([
      { peg_name: "rate", reason: "no sample could be computed in period N-1" },
    ]);
  });
});

describe("a derived PEG", () => {
  const stats = [...rows("ok", [1], [3], "A"), ...rows("tries", [4], [4], "A")];

  test("has a weight, a direction, a cell and a place in the order", () => {
    const answer = run(stats, { rate: { ...success, weight: 10, direction: "lower_is_better" } });
    expect(answer.data.peg_comparison_results.map((peg) => peg.peg_name)).toEqual(["rate", "ok", "tries"]);
    expect(pegOf(answer, "rate")).toMatchObject({ weight: 10, metadata: { cell_id: "A" } });
    expect(answer.data.summary.declined).toBe(1);
  });

  test("has no `dropped` where it is measured", () => {
    expect(pegOf(run(stats), "ok").n1_period).not.toHaveProperty("dropped");
  });

  test("is of ALL cells where its samples are", () => {
    const more = [...stats, ...rows("ok", [1], [3], "B"), ...rows("tries", [4], [4], "B")];
    expect(pegOf(run(more, { rate: success }), "rate").metadata?.cell_id).toBe("ALL");
  });

  test("is skipped where it refers to a PEG without rows", () => {
    const answer = run(stats, { rate: { formula: "ok / attempts" }, proto: { formula: "ok * __proto__" } });
    expect(answer.data.analysis_metadata.skipped_pegs).toEqual([
      { peg_name: "proto", reason: "its formula refers to __proto__, which has no samples" },
      { peg_name: "rate", reason: "its formula refers to attempts, which has no samples" },
    ]);
  });
});

describe("a formula that cannot be used is a data error naming the PEG", () => {
  const stats = [...rows("ok", [1], [1]), ...rows("tries", [1], [1])];
  test.each([
    ["rate", "ok.constructor", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["rate", "(".repeat(10_000), "must have at most 1000 characters"],
    ["rate", "", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["rate", "rate * 2", "must not refer to rate, which is derived itself"],
    ["rate", "other * 2", "must not refer to other, which is derived itself"],
    ["ok", "tries * 2", "must not be given for a PEG that has samples of its own"],
    ["__proto__", "1", "must name at least one PEG"],
  ])("%s = %.20s", (name, formula, message) => {
    const definitions = JSON.parse(
      `{"other": {"formula": "ok * 2"}, ${JSON.stringify(name)}: ${JSON.stringify({ formula })}}`,
    );
    const detail = {
      path: `raw_data.peg_definitions.${name}.formula`,
      message: `the formula of PEG "${name}" ${message}`,
    };
    expect(() => run(stats, definitions)).toThrow(
      expect.objectContaining({ code: "DATA_VALIDATION_ERROR", details: expect.arrayContaining([detail]) }),
    );
  });

  test("all of them are named", () => {
    const bad = { formula: "a.b" };
    expect(() => run(stats, { one: bad, two: bad })).toThrow(
      expect.objectContaining({
        details: [expect.objectContaining({ path: expect.stringContaining("one") }), expect.anything()],
      }),
    );
  });

  test("so is a timestamp that samples cannot be joined by", () => {
    const timed = [...stats, { ...(stats[0] as Row), timestamp: "yesterday" }];
    expect(() => run(timed, { rate: success })).toThrow(
      expect.objectContaining({
        code: "DATA_VALIDATION_ERROR",
        details: [{ path: "raw_data.stats.4.timestamp", message: "must be an ISO 8601 time" }],
      }),
    );
    expect(() => run(timed)).not.toThrow();
  });
});

describe("many derived PEGs", () => {
  const formulas = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`d${i}`, { formula: `ok / tries * ${i}` }]));
  const numbers = (length: number) => Array.from({ length }, (_, i) => i + 1);

  test("are refused, naming the first that is too much, once no answer could hold their samples", () => {
    const values = numbers(1000);
    const stats = [
      ...rows("ok", values, values),
      ...rows("tries", values, values),
      ...rows("far", values, values, "another cell"),
    ];
    // Samples that cannot be computed count as well: they take as long.
    const far = Array.from({ length: 373 }, (_, i) => [`far${i}`, { formula: "ok / far" }]);
    expect(stats.length + far.length * 4000 + 2000).toBe(MAX_SAMPLES);
    expect(() => run(stats, { ...Object.fromEntries(far), x: success, y: success, z: success })).toThrow(
      expect.objectContaining({
        code: "DATA_VALIDATION_ERROR",
        details: [
          {
            path: "raw_data.peg_definitions.y.formula",
            message: expect.stringMatching(/^with PEG "y" there are more than 1500000 samples/),
          },
        ],
      }),
    );
  });

  test("read the rows of their parts once, and others get their turn after each", () => {
    let read = 0;
    const timed = (row: Row, i: number): Row => ({
      ...row,
      get timestamp() {
        read++;
        return new Date(i * 3_600_000).toISOString();
      },
    });
    const values = numbers(50);
    const stats = [...rows("ok", values, values).map(timed), ...rows("tries", values, values).map(timed)];
    const options = { algorithm_version: "v2.1.0" };
    const shares = [...compareInSteps(request(stats, formulas(20), options), fixedClock())];
    expect(read).toBe(stats.length);
    expect(shares).toHaveLength(20 + 22);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares[20]).toBe(0.3);
  });
});
