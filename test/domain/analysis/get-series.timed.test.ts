import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatsRow } from "../../../src/contract/analysis.js";
import { getSeries } from "../../../src/domain/analysis/get-series.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

const ROWS = 500_000;

/** Of this process, ms: time on the clock would count what other programs take as well. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The most processor time that passed between two turns of whoever wants one, and in all, ms. */
async function longestHold<T>(
  work: () => Promise<T>,
): Promise<{ result: T; heldMs: number; tookMs: number }> {
  let heldMs = 0;
  const start = processorTime();
  let last = start;
  const look = () => {
    const now = processorTime();
    heldMs = Math.max(heldMs, now - last);
    last = now;
    next = setImmediate(look);
  };
  let next = setImmediate(look);
  const result = await work();
  clearImmediate(next);
  return { result, heldMs, tookMs: last - start };
}

describe.each(DATABASES)("half a million samples of one PEG on $kind", ({ here, open, kind }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    test("are summed up without holding the event loop", { timeout: 120_000, retry: 2 }, async () => {
      const stats = Array.from(
        { length: ROWS },
        (_, i): StatsRow => ({
          kpi_name: "PEG",
          period: i % 2 ? "N" : "N-1",
          avg: Math.sin(i),
          cell_id: `cell-${i % 100}`,
          timestamp: new Date(i * 1000),
        }),
      );
      const { analysisId: id, revision } = await storeAnalysis(world.services, { stats });
      const { result, heldMs, tookMs } = await longestHold(() =>
        getSeries({
          ctx: contextOf(world.services),
          analysis: { id, revision, dataVersion: 1 },
          input: { id, peg_name: "PEG", points: 500 },
        }),
      );
      process.stdout.write(
        `the course of 500,000 samples on ${kind}: ${Math.round(tookMs)} ms of processor time, the event loop held ${Math.round(heldMs)} ms\n`,
      );
      expect(result.periods.map(({ samples, points }) => [samples, points.length])).toEqual([
        [ROWS / 2, 500],
        [ROWS / 2, 500],
      ]);
      // An embedded database works in this very thread: a piece at a time, and others in between.
      expect(heldMs).toBeLessThan(kind === "PGlite" ? tookMs / 2 : 50);
    });
  });
});
