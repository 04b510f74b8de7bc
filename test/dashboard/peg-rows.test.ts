import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  filterRows,
  intervalReach,
  type PegFilter,
  SORT_KEYS,
  sortRows,
  toRows,
} from "../../src/dashboard/comparison/peg-rows.js";
import { pegResult } from "./rows.js";

const ALL: PegFilter = { search: "", trend: "", significance: "", verdict: "", minWeight: 0 };
const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name);

describe("what a PEG adds to the weighted change", () => {
  const pegs = [
    pegResult("Throughput", { weight: 3, change: 20 }),
    pegResult("Drop_Rate", { weight: 1, change: -8 }),
    pegResult("Load", { weight: 9, change: 50 }),
  ];
  const definitions = {
    Drop_Rate: { direction: "lower_is_better" as const },
    Load: { direction: "neutral" as const },
  };

  test("is its change, better turned positive, by its share of the weights; neutral ones add nothing", () => {
    const rows = toRows(pegs, definitions);
    expect(rows.map(({ contribution }) => contribution)).toEqual([15, 2, undefined]);
  });

  test("is what the judge says where there is one", () => {
    const judged = [pegResult("A", { judge: { contribution: 1.5 } }), pegResult("B", { judge: {} })];
    expect(toRows(judged, {}).map(({ contribution }) => contribution)).toEqual([1.5, undefined]);
  });
});

describe("the filter", () => {
  const rows = toRows(
    [
      pegResult("DL_Throughput", { weight: 9, change: 30, judge: { verdict: "improved" } }),
      pegResult("UL_Throughput", { weight: 4, change: -12, judge: { verdict: "declined" } }),
      pegResult("Latency_ms", { weight: 2, judge: { verdict: "stable" } }),
    ],
    {},
  );
  test.each<[string, Partial<PegFilter>, string[]]>([
    ["nothing", {}, ["DL_Throughput", "UL_Throughput", "Latency_ms"]],
    ["a part of the name, whatever its case", { search: " throughPUT " }, ["DL_Throughput", "UL_Throughput"]],
    ["a trend", { trend: "down" }, ["UL_Throughput"]],
    ["a significance", { significance: "high" }, ["DL_Throughput"]],
    ["a verdict", { verdict: "stable" }, ["Latency_ms"]],
    ["a least weight", { minWeight: 4 }, ["DL_Throughput", "UL_Throughput"]],
    ["all of them together", { search: "throughput", trend: "up", minWeight: 5 }, ["DL_Throughput"]],
    ["what no PEG has", { search: "x", verdict: "minor" }, []],
  ])("lets pass by %s", (_, filter, expected) => {
    expect(names(filterRows(rows, { ...ALL, ...filter }))).toEqual(expected);
  });
});

describe("sorting", () => {
  const rows = toRows(
    [
      pegResult("PEG_10", { weight: 5, change: 3, judge: { verdict: "stable", contribution: 1 } }),
      pegResult("PEG_9", { weight: 9, change: -40, judge: { verdict: "declined" } }),
      pegResult("PEG_1", { weight: 5, change: 12, judge: { verdict: "improved", contribution: -2 } }),
    ],
    {},
  );

  test("without a column keeps the order of the answer", () => {
    expect(names(sortRows(rows, { key: undefined, descending: true }))).toEqual(names(rows));
  });

  test("by name counts numbers as numbers", () => {
    expect(names(sortRows(rows, { key: "name", descending: false }))).toEqual(["PEG_1", "PEG_9", "PEG_10"]);
  });

  test("by verdict puts first what matters most", () => {
    expect(names(sortRows(rows, { key: "verdict", descending: false }))).toEqual([
      "PEG_1",
      "PEG_9",
      "PEG_10",
    ]);
  });

  test("puts last what has no value, whichever way", () => {
    expect(names(sortRows(rows, { key: "contribution", descending: false })).at(-1)).toBe("PEG_9");
    expect(names(sortRows(rows, { key: "contribution", descending: true })).at(-1)).toBe("PEG_9");
  });

  test("by any column loses no row, and equal ones keep the order of the answer", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ weight: fc.integer({ min: 1, max: 3 }), change: fc.integer({ min: -9, max: 9 }) }),
        ),
        fc.constantFrom(...SORT_KEYS),
        fc.boolean(),
        (pegs, key, descending) => {
          const given = toRows(
            pegs.map((peg, i) => pegResult(`P${i}`, peg)),
            {},
          );
          const sorted = sortRows(given, { key, descending });
          expect([...names(sorted)].sort()).toEqual([...names(given)].sort());
          if (key !== "weight") return;
          const places = new Map(given.map(({ name }, i) => [name, i]));
          for (const [i, row] of sorted.entries()) {
            const before = sorted[i - 1];
            if (before?.peg.weight === row.peg.weight)
              expect(places.get(before.name)).toBeLessThan(places.get(row.name) ?? -1);
          }
        },
      ),
    );
  });
});

describe("the axis of the intervals", () => {
  const judged = (low: number | null, high: number | null) =>
    pegResult(`${low}`, { judge: { interval: { low, high } } });

  test("reaches what nine of ten intervals need, a wild one aside", () => {
    const pegs = [...Array.from({ length: 19 }, (_, i) => judged(-i - 10, i + 10)), judged(-900, 4000)];
    expect(intervalReach(toRows(pegs, {}))).toBeLessThan(40);
    expect(intervalReach(toRows(pegs, {}))).toBeGreaterThanOrEqual(26);
  });

  test("is there where nothing was judged, and shows the band where intervals are tiny or endless", () => {
    expect(intervalReach(toRows([pegResult("A")], {}))).toBe(10);
    expect(intervalReach(toRows([judged(null, null)], {}))).toBe(10);
  });
});
