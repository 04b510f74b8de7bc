import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analysisResults } from "../../../src/db/schema.js";
import { claimComputation } from "../../../src/domain/comparison/computation-lease.js";
import type { ComputedComparison } from "../../../src/domain/comparison/computed-comparison.js";
import {
  type ComparisonKey,
  loadStoredComparison,
  loadStoredSummary,
  type StoreOutcome,
  storeComparison,
} from "../../../src/domain/comparison/stored-comparison.js";
import type { Services } from "../../../src/domain/context.js";
import {
  comparisonOf,
  computedComparisons,
  DATABASES,
  dumpOf,
  rowsOf,
  storeAnalysis,
  type TestWorld,
} from "../fixtures.js";

const CANARY = "CELL-CANARY-셀";

/** A comparison with its texts read, since the database writes JSON in its own order. */
const read = ({ pegs, ...head }: ComputedComparison) => ({
  ...head,
  pegs: pegs.map((peg) => ({
    ...peg,
    n1Period: JSON.parse(peg.n1Period),
    nPeriod: JSON.parse(peg.nPeriod),
    comparison: JSON.parse(peg.comparison),
    judge: peg.judge && JSON.parse(peg.judge),
  })),
});

/** A comparison whose one PEG holds these numbers everywhere that a number may stand. */
function numbersOf(numbers: number[]): ComputedComparison {
  const base = comparisonOf(0);
  const [first = 0] = numbers;
  const values = JSON.stringify({ avg: first, rsd: Math.abs(first), values: numbers, count: numbers.length });
  return {
    ...base,
    summary: { ...base.summary, weighted_avg_change: first },
    processingTime: Math.abs(first),
    pegs: base.pegs.map((peg) => ({ ...peg, n1Period: values, nPeriod: values })),
  };
}

function withCell(cell: string, pegs = 1): ComputedComparison {
  const base = comparisonOf(1);
  const metadata = {
    cell_id: cell,
    calculated_at: new Date("2024-01-15T00:00:00.123Z"),
    data_quality: "high" as const,
  };
  return {
    ...base,
    pegs: Array.from({ length: pegs }, () => base.pegs.map((peg) => ({ ...peg, metadata }))).flat(),
  };
}

describe.each(DATABASES)("comparisons in $kind", ({ here, open }) => {
  describe.skipIf(!here)("as stored", () => {
    let world: TestWorld;
    let services: Services;
    beforeAll(async () => {
      world = await open();
      services = world.services;
    });
    afterAll(() => world.close());

    async function store(comparison: ComputedComparison, key?: ComparisonKey): Promise<ComparisonKey> {
      const into = key ?? (await storeAnalysis(services));
      expect(await attempt(comparison, into)).toBe("stored");
      return into;
    }

    async function attempt(comparison: ComputedComparison, key: ComparisonKey): Promise<StoreOutcome> {
      const claim = await claimComputation(services, key);
      if (!("attemptToken" in claim)) throw new Error("somebody else computes");
      claim.stop();
      return storeComparison(services, key, claim.attemptToken, comparison);
    }

    const countOf = async (table: string, id: string) => {
      const rows = await rowsOf<{ count: string }>(
        services.db,
        sql`select count(*) as count from ${sql.identifier(table)} where analysis_id = ${id}`,
      );
      return Number(rows[0]?.count);
    };

    test("come back as they were, whatever the contract allows in them", async () => {
      await fc.assert(
        fc.asyncProperty(computedComparisons, async (comparison) => {
          const short = {
            ...comparison,
            analysisMetadata: { ...comparison.analysisMetadata, data_source: "x" },
            pegs: comparison.pegs.map((peg) => ({ ...peg, pegName: peg.pegName.slice(0, 250) })),
          };
          const key = await store(short);
          const loaded = await loadStoredComparison(services, key);
          expect(loaded && read(loaded)).toEqual(read(short));
          const { pegs: _, ...head } = short;
          expect(await loadStoredSummary(services.db, key)).toEqual(head);
        }),
        { numRuns: 40 },
      );
    });

    test("keep numbers to the last bit, a negative zero as zero", async () => {
      const numbers = [
        1e308,
        -1e308,
        5e-324,
        -5e-324,
        0.1,
        1 / 3,
        1e21,
        1e-7,
        2 ** 53 + 2,
        Number.MAX_VALUE,
        4.9e-322,
        -0,
      ];
      for (const first of [1e308, 5e-324, 1 / 3]) {
        const key = await store(numbersOf([first, ...numbers]));
        const loaded = await loadStoredComparison(services, key);
        expect(JSON.parse(loaded?.pegs[0]?.n1Period ?? "null")).toEqual({
          avg: first,
          rsd: first,
          values: [first, ...numbers.slice(0, -1), 0],
          count: 13,
        });
        expect(loaded?.summary.weighted_avg_change).toBe(first);
        expect(loaded?.processingTime).toBe(first);
      }
    });

    test("keep the order of their PEGs, over many inserts", async () => {
      const base = comparisonOf(1);
      const pegs = Array.from({ length: 450 }, (_, i) =>
        base.pegs.map((peg) => ({ ...peg, pegName: `PEG ${(i * 7) % 450}` })),
      ).flat();
      const key = await store({ ...base, pegs });
      const loaded = await loadStoredComparison(services, key);
      expect(loaded?.pegs.map(({ pegName }) => pegName)).toEqual(pegs.map(({ pegName }) => pegName));
    });

    test("E10: hold no cell id in plain", async () => {
      const key = await store(withCell(CANARY, 3));
      const dump = await dumpOf(services.db);
      for (const form of [CANARY, "CELL-CANARY"]) {
        expect(dump).not.toContain(form);
        expect(dump.toLowerCase()).not.toContain(Buffer.from(form).toString("hex"));
      }
      const rows = await rowsOf<{ cell: string }>(
        services.db,
        sql`select metadata->>'cell_id' as cell from peg_comparison_results where analysis_id = ${key.analysisId}`,
      );
      expect(rows.map(({ cell }) => cell.split(".").length)).toEqual([5, 5, 5]);
      // Sealed once for each distinct cell.
      expect(new Set(rows.map(({ cell }) => cell)).size).toBe(1);
      expect((await loadStoredComparison(services, key))?.pegs[2]?.metadata?.cell_id).toBe(CANARY);
    });

    test("E3: do not open with a cell id that was sealed for another analysis", async () => {
      const [mine, other] = [await store(withCell("a")), await store(withCell("b"))];
      await services.db.execute(sql`
        update peg_comparison_results set metadata =
          (select metadata from peg_comparison_results where analysis_id = ${other.analysisId})
        where analysis_id = ${mine.analysisId}`);
      await expect(loadStoredComparison(services, mine)).rejects.toThrow("cannot be opened");
      // What needs no cell id is told all the same.
      expect(await loadStoredSummary(services.db, mine)).toBeDefined();
    });

    test("are told only for the state that they are of", async () => {
      const key = await store(comparisonOf(1));
      for (const change of [
        { revision: randomUUID() },
        { algorithmVersion: "v9" },
        { analysisId: "another" },
      ]) {
        expect(await loadStoredComparison(services, { ...key, ...change })).toBeUndefined();
        expect(await loadStoredSummary(services.db, { ...key, ...change })).toBeUndefined();
      }
    });

    test("take the place of the one before, whole", async () => {
      const key = await store(withCell("a", 5));
      await store(comparisonOf(2), key);
      expect(await countOf("peg_comparison_results", key.analysisId)).toBe(1);
      expect(await countOf("peg_comparison_summaries", key.analysisId)).toBe(1);
      expect((await loadStoredComparison(services, key))?.summary.weighted_avg_change).toBe(2);
    });

    test("C4: are not stored where the data has moved on, and nothing of what stands there is touched", async () => {
      const key = await store(comparisonOf(1));
      const claim = await claimComputation(services, key);
      if (!("attemptToken" in claim)) throw new Error("somebody else computes");
      claim.stop();
      const next = randomUUID();
      await services.db
        .update(analysisResults)
        .set({ revision: next })
        .where(eq(analysisResults.id, key.analysisId));
      expect(await storeComparison(services, key, claim.attemptToken, comparisonOf(2))).toBe("moved");
      expect((await loadStoredComparison(services, key))?.summary.weighted_avg_change).toBe(1);
      expect(await loadStoredComparison(services, { ...key, revision: next })).toBeUndefined();
    });

    test("are not stored where the analysis is gone", async () => {
      const key = await storeAnalysis(services);
      const claim = await claimComputation(services, key);
      if (!("attemptToken" in claim)) throw new Error("somebody else computes");
      claim.stop();
      await services.db.delete(analysisResults).where(eq(analysisResults.id, key.analysisId));
      expect(await storeComparison(services, key, claim.attemptToken, comparisonOf(1))).toBe("moved");
      expect(await countOf("peg_comparison_results", key.analysisId)).toBe(0);
    });

    test("are stored whole or not at all", async () => {
      const key = await store(comparisonOf(1));
      const broken = withCell("a", 300);
      broken.pegs.push(...comparisonOf(1).pegs.map((peg) => ({ ...peg, nPeriod: "no JSON" })));
      await expect(attempt(broken, key)).rejects.toThrow();
      expect(await countOf("peg_comparison_results", key.analysisId)).toBe(1);
      expect((await loadStoredComparison(services, key))?.summary.weighted_avg_change).toBe(1);
    });
  });
});
