import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnalysisCreateInput, StatsRow } from "../../../src/contract/analysis.js";
import type { AnalysisSeriesInput } from "../../../src/contract/analysis-series.js";
import { analysisResults } from "../../../src/db/schema.js";
import { getSeries } from "../../../src/domain/analysis/get-series.js";
import type { AuthorizedAnalysis } from "../../../src/domain/permission/authorize.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

const row = (kpi_name: string, period: StatsRow["period"], avg: number | null, hour?: number): StatsRow => ({
  kpi_name,
  period,
  avg,
  cell_id: "cell",
  ...(hour === undefined ? {} : { timestamp: new Date(Date.UTC(2024, 0, 1, hour)) }),
});

describe.each(DATABASES)("the course of a PEG on $kind", ({ here, open }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    async function stored(input: Partial<AnalysisCreateInput>): Promise<AuthorizedAnalysis> {
      const { analysisId: id, revision } = await storeAnalysis(world.services, input);
      return { id, revision, dataVersion: 1 };
    }
    const seriesOf = (
      analysis: AuthorizedAnalysis,
      more: Pick<AnalysisSeriesInput, "peg_name">,
      points = 500,
    ) => getSeries({ ctx: contextOf(world.services), analysis, input: { id: analysis.id, points, ...more } });

    test("is that of its own samples, the periods apart", async () => {
      const analysis = await stored({
        stats: [
          row("A", "N-1", 1, 0),
          row("B", "N-1", 100, 0),
          row("A", "N-1", 3, 0),
          row("A", "N-1", null, 1),
          row("A", "N", -5, 200),
        ],
      });
      const [first, last] = [new Date(Date.UTC(2024, 0, 1)), new Date(Date.UTC(2024, 0, 1, 200))];
      expect(await seriesOf(analysis, { peg_name: "A" })).toEqual({
        id: analysis.id,
        peg_name: "A",
        data_version: 1,
        timed: true,
        periods: [
          {
            period: "N-1",
            samples: 2,
            thinned: false,
            points: [{ at: first, mean: 2, min: 1, max: 3, count: 2 }],
          },
          {
            period: "N",
            samples: 1,
            thinned: false,
            points: [{ at: last, mean: -5, min: -5, max: -5, count: 1 }],
          },
        ],
      });
    });

    test("is by place in both periods where a sample of one has no time", async () => {
      const analysis = await stored({
        stats: [row("A", "N-1", 1, 5), row("A", "N-1", 2, 4), row("A", "N", 3, 1), row("A", "N", 4)],
      });
      const { timed, periods } = await seriesOf(analysis, { peg_name: "A" });
      expect(timed).toBe(false);
      expect(periods.map(({ points }) => points.map(({ at, mean }) => [at, mean]))).toEqual([
        [
          [null, 1],
          [null, 2],
        ],
        [
          [null, 3],
          [null, 4],
        ],
      ]);
    });

    test("is whole where its samples lie in several pieces", async () => {
      const stats = Array.from({ length: 40_000 }, (_, i) => row("long", i % 4 ? "N" : "N-1", i, i % 7));
      const analysis = await stored({ stats });
      const { periods } = await seriesOf(analysis, { peg_name: "long" });
      expect(periods.map(({ samples, points }) => [samples, points.length])).toEqual([
        [10_000, 7],
        [30_000, 7],
      ]);
      const all = periods.flatMap(({ points }) => points);
      expect([Math.min(...all.map(({ min }) => min)), Math.max(...all.map(({ max }) => max))]).toEqual([
        0, 39_999,
      ]);
    });

    test("is empty of a PEG that is derived, and refused of one that is not there", async () => {
      const peg_definitions = { "a.b": { formula: "A * 2" }, constructor: { formula: "A" } };
      const analysis = await stored({ stats: [row("A", "N", 1)], request_params: { peg_definitions } });
      for (const peg_name of Object.keys(peg_definitions)) {
        expect((await seriesOf(analysis, { peg_name })).periods).toEqual([
          { period: "N-1", samples: 0, thinned: false, points: [] },
          { period: "N", samples: 0, thinned: false, points: [] },
        ]);
      }
      for (const peg_name of ["B", "a", "toString", "peg_definitions"]) {
        await expect(seriesOf(analysis, { peg_name }), peg_name).rejects.toMatchObject({
          code: "API_VALIDATION_ERROR",
          details: [{ path: "peg_name", message: "is not a PEG of this analysis" }],
        });
      }
    });

    test("is of the present data where that was replaced after the caller was let in", async () => {
      const analysis = await stored({ stats: [row("A", "N", 1)] });
      const before = { ...analysis, revision: "00000000-0000-4000-8000-000000000000" };
      const { periods } = await seriesOf(before, { peg_name: "A" });
      expect(periods.map(({ samples }) => samples)).toEqual([0, 1]);
      await world.db.delete(analysisResults).where(eq(analysisResults.id, analysis.id));
      // Whoever may no longer read it is told so, as anywhere.
      await expect(seriesOf(before, { peg_name: "A" })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    });
  });
});
