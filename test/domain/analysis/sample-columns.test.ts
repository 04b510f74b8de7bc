import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StatsRow } from "../../../src/contract/analysis.js";
import { type SampleSeries, SUSPECT } from "../../../src/domain/analysis/raw-data.js";
import { toSampleColumns } from "../../../src/domain/analysis/sample-columns.js";
import { strangeNames } from "../fixtures.js";

const rows: fc.Arbitrary<StatsRow[]> = fc
  .tuple(
    fc.array(strangeNames, { minLength: 1, maxLength: 4 }),
    fc.array(strangeNames, { minLength: 1, maxLength: 4 }),
  )
  .chain(([kpis, cells]) =>
    fc.array(
      fc.record(
        {
          kpi_name: fc.constantFrom(...kpis),
          period: fc.constantFrom("N-1" as const, "N" as const),
          avg: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
          cell_id: fc.constantFrom(...cells),
          timestamp: fc.date({ noInvalidDate: true }),
          suspect: fc.constant(true),
        },
        { requiredKeys: ["kpi_name", "period", "avg", "cell_id"] },
      ),
      { minLength: 1, maxLength: 60 },
    ),
  );

/** Rows of columns, as far as columns tell them. */
function rowsOfColumns(cells: string[], series: SampleSeries[]): StatsRow[] {
  return series.flatMap(({ kpiName, period, values, cells: places, times }) =>
    [...values].map((value, i) => {
      const time = times?.[i] ?? Number.NaN;
      const place = places[i] ?? -1;
      const suspect = place >= SUSPECT;
      return {
        kpi_name: kpiName,
        period,
        avg: Number.isNaN(value) ? null : value,
        cell_id: cells[suspect ? place - SUSPECT : place] ?? "no such cell",
        ...(Number.isNaN(time) ? {} : { timestamp: new Date(time) }),
        ...(suspect && { suspect }),
      };
    }),
  );
}

describe("rows as columns", () => {
  test("lose nothing, and keep their order within a KPI and period", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const { cells, series, pegs } = await toSampleColumns(given);
        const kpis = [...new Set(given.map(({ kpi_name }) => kpi_name))];
        const expected = series.flatMap(({ kpiName, period }) =>
          given.filter((row) => row.kpi_name === kpiName && row.period === period),
        );
        expect(rowsOfColumns(cells, series)).toEqual(expected);
        expect(expected).toHaveLength(given.length);
        expect(pegs).toBe(kpis.length);
        expect(cells).toEqual([...new Set(given.map(({ cell_id }) => cell_id))]);
      }),
      { numRuns: 500 },
    );
  });

  test("have times only where a sample of the series has one", async () => {
    const row = (kpi_name: string, timestamp?: Date): StatsRow => ({
      kpi_name,
      period: "N",
      avg: 1,
      cell_id: "c",
      ...(timestamp ? { timestamp } : {}),
    });
    const { series } = await toSampleColumns([row("a"), row("b"), row("b", new Date(0)), row("a")]);
    expect(series.map(({ kpiName, times }) => [kpiName, times && [...times]])).toEqual([
      ["a", undefined],
      ["b", [Number.NaN, 0]],
    ]);
  });

  test("are made in slices that let others have their turn", async () => {
    const many = Array.from(
      { length: 100_000 },
      (_, i): StatsRow => ({
        kpi_name: "a",
        period: "N",
        avg: i,
        cell_id: `c${i % 7}`,
      }),
    );
    let turns = 0;
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const { series } = await toSampleColumns(many);
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(series[0]?.values[99_999]).toBe(99_999);
  });
});
