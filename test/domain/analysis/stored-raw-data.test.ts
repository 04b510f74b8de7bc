import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatsRow } from "../../../src/contract/analysis.js";
import { analysisResults } from "../../../src/db/schema.js";
import { unpackSeries } from "../../../src/domain/analysis/raw-data.js";
import { toSampleColumns } from "../../../src/domain/analysis/sample-columns.js";
import { loadRawData } from "../../../src/domain/analysis/stored-raw-data.js";
import type { Services } from "../../../src/domain/context.js";
import {
  DATABASES,
  dumpOf,
  PERIOD_INFO,
  rowsOf,
  storeAnalysis,
  strangeNames,
  type TestWorld,
} from "../fixtures.js";

const CANARY = "CELL-CANARY-셀";

const rows: fc.Arbitrary<StatsRow[]> = fc.array(
  fc.record(
    {
      kpi_name: fc.oneof(fc.constantFrom("PEG_A", "PEG_B"), strangeNames),
      period: fc.constantFrom("N-1" as const, "N" as const),
      avg: fc.option(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.constantFrom(-0, 1e308, 5e-324, -120.5),
        ),
      ),
      cell_id: fc.oneof(fc.constantFrom("cell-1", "cell-2"), strangeNames),
      timestamp: fc.date({ noInvalidDate: true }),
      suspect: fc.boolean(),
    },
    { requiredKeys: ["kpi_name", "period", "avg", "cell_id"] },
  ),
  { minLength: 1, maxLength: 40 },
);

describe.each(DATABASES)("raw data in $kind", ({ here, open }) => {
  describe.skipIf(!here)("as stored", () => {
    let world: TestWorld;
    let services: Services;
    beforeAll(async () => {
      world = await open();
      services = world.services;
    });
    afterAll(() => world.close());

    const roundTrip = async (stats: StatsRow[]) => {
      const { analysisId, revision } = await storeAnalysis(services, { stats });
      const loaded = await loadRawData(services, analysisId, revision);
      return loaded && { ...loaded, series: [...unpackSeries(loaded.series)] };
    };

    test("comes back as the columns that it was, whatever the rows", async () => {
      await fc.assert(
        fc.asyncProperty(rows, async (stats) => {
          const { cells, series } = await toSampleColumns(stats);
          expect(await roundTrip(stats)).toEqual({
            cells,
            series,
            pegDefinitions: {},
            periodInfo: PERIOD_INFO,
          });
        }),
        { numRuns: 40 },
      );
    });

    test("comes back whole where a series is of several pieces, timed here and there", async () => {
      const stats = Array.from(
        { length: 40_000 },
        (_, i): StatsRow => ({
          kpi_name: i % 3 ? "long" : "short",
          period: "N",
          avg: i % 11 ? i / 7 : null,
          cell_id: `cell-${i % 400}`,
          // The last piece of the long series alone.
          ...(i > 39_000 && i % 2 ? { timestamp: new Date(i) } : {}),
        }),
      );
      const { cells, series } = await toSampleColumns(stats);
      expect(series.find(({ kpiName }) => kpiName === "long")?.values.length).toBeGreaterThan(16_384);
      expect(await roundTrip(stats)).toMatchObject({ cells, series });
    });

    test("comes back whole where many series are read in several pages, timed here and there", async () => {
      const stats = Array.from(
        { length: 36_000 },
        (_, i): StatsRow => ({
          kpi_name: `KPI_${i % 900}`,
          period: i % 2 ? "N" : "N-1",
          avg: i / 3,
          cell_id: `cell-${i % 7}`,
          ...(i % 900 > 450 ? { timestamp: new Date(i) } : {}),
        }),
      );
      const { cells, series } = await toSampleColumns(stats);
      expect(await roundTrip(stats)).toMatchObject({ cells, series });
    });

    test.each(["sample_values", "sample_cells", "sample_times"])(
      "is refused where %s lacks a sample",
      async (column) => {
        const stats: StatsRow[] = [1, 2, 3].map((avg) => ({
          kpi_name: "PEG_A",
          period: "N",
          avg,
          cell_id: "cell-1",
          timestamp: new Date(avg),
        }));
        const { analysisId, revision } = await storeAnalysis(services, { stats });
        await services.db.execute(sql`
        update analysis_samples set ${sql.raw(column)} = substring(${sql.raw(column)} from 9)
        where analysis_id = ${analysisId}`);
        await expect(loadRawData(services, analysisId, revision)).rejects.toThrow(/not as many as/);
      },
    );

    test("is refused where a whole piece is missing, and gone where all went while it was read", async () => {
      const stats = ["PEG_A", "PEG_B"].map(
        (kpi_name): StatsRow => ({ kpi_name, period: "N", avg: 1, cell_id: "cell-1" }),
      );
      const { analysisId, revision } = await storeAnalysis(services, { stats });
      await services.db.execute(
        sql`delete from analysis_samples where analysis_id = ${analysisId} and kpi_name = 'PEG_B'`,
      );
      await expect(loadRawData(services, analysisId, revision)).rejects.toThrow("1 of 2");
      // The analysis goes right before it is looked for again.
      const deleteFirst = {
        from: () => ({
          where: async () => {
            await services.db.delete(analysisResults).where(eq(analysisResults.id, analysisId));
            return services.db.select().from(analysisResults).where(eq(analysisResults.id, analysisId));
          },
        }),
      };
      let reads = 0;
      const select = (...given: []) => (++reads === 4 ? deleteFirst : services.db.select(...given));
      const db = new Proxy(services.db, {
        get: (target, name) => (name === "select" ? select : Reflect.get(target, name)),
      });
      const meanwhile = { ...services, db } as Services;
      expect(await loadRawData(meanwhile, analysisId, revision)).toBeUndefined();
      expect(reads).toBe(4);
    });

    test("keeps definitions as they are, fields of later versions and strange names among them", async () => {
      const peg_definitions = {
        "a.b": { weight: 3, thresholds: { warn: [1, null] }, later: { x: "셀" } },
        constructor: { weight: 1 },
      };
      const { analysisId, revision } = await storeAnalysis(services, { request_params: { peg_definitions } });
      expect((await loadRawData(services, analysisId, revision))?.pegDefinitions).toEqual(peg_definitions);
    });

    test("is not there for another revision, nor for an analysis that is gone", async () => {
      const { analysisId, revision } = await storeAnalysis(services);
      expect(await loadRawData(services, analysisId, randomUUID())).toBeUndefined();
      expect(await loadRawData(services, randomUUID(), revision)).toBeUndefined();
      await services.db.delete(analysisResults).where(eq(analysisResults.id, analysisId));
      expect(await loadRawData(services, analysisId, revision)).toBeUndefined();
      const left = await rowsOf<{ count: string }>(
        services.db,
        sql`select count(*) as count from analysis_samples where analysis_id = ${analysisId}`,
      );
      expect(Number(left[0]?.count)).toBe(0);
    });

    test("E3: does not open where the sealed cells of another analysis stand", async () => {
      const [mine, other] = [await storeAnalysis(services), await storeAnalysis(services)];
      await services.db.execute(sql`
        update analysis_results set sealed_cells = (select sealed_cells from analysis_results where id = ${other.analysisId})
        where id = ${mine.analysisId}`);
      await expect(loadRawData(services, mine.analysisId, mine.revision)).rejects.toThrow("cannot be opened");
      expect(await loadRawData(services, other.analysisId, other.revision)).toBeDefined();
    });

    test("E10: no cell id stands plain anywhere in the database, in any form", async () => {
      const stats = Array.from(
        { length: 50 },
        (_, i): StatsRow => ({
          kpi_name: "KPI-VISIBLE",
          period: "N",
          avg: i,
          cell_id: `${CANARY}${i % 5}`,
        }),
      );
      const { analysisId, revision } = await storeAnalysis(services, { stats });
      const dump = await dumpOf(services.db);
      expect(dump).toContain("KPI-VISIBLE");
      for (const form of [CANARY, "CELL-CANARY"]) {
        const bytes = Buffer.from(form);
        expect(dump).not.toContain(form);
        expect(dump.toLowerCase()).not.toContain(bytes.toString("hex"));
        expect(dump).not.toContain(bytes.toString("base64url").slice(0, -2));
      }
      expect((await loadRawData(services, analysisId, revision))?.cells[0]).toBe(`${CANARY}0`);
    });

    test("each distinct cell id is sealed once, not once a row", async () => {
      const of = async (rowCount: number) => {
        const stats = Array.from(
          { length: rowCount },
          (_, i): StatsRow => ({
            kpi_name: "a",
            period: "N",
            avg: 1,
            cell_id: `cell-${i % 3}`,
          }),
        );
        const { analysisId } = await storeAnalysis(services, { stats });
        const [row] = await rowsOf<{ size: number }>(
          services.db,
          sql`select length(sealed_cells) as size from analysis_results where id = ${analysisId}`,
        );
        return row?.size;
      };
      expect(await of(3000)).toBe(await of(3));
    });

    test("an id that is taken is a conflict, and nothing of the second is stored", async () => {
      const id = randomUUID();
      const { revision } = await storeAnalysis(services, { id });
      await expect(storeAnalysis(services, { id })).rejects.toMatchObject({ code: "CONFLICT" });
      const revisions = await rowsOf<{ revision: string }>(
        services.db,
        sql`select revision from analysis_samples where analysis_id = ${id}`,
      );
      expect(revisions).toEqual([{ revision }]);
    });
  });
});
