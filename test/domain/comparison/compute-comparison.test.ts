import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verbatim } from "../../../src/contract/words.js";
import type { Database } from "../../../src/db/open.js";
import { analysisResults } from "../../../src/db/schema.js";
import { computeComparison } from "../../../src/domain/comparison/compute-comparison.js";
import type { Room } from "../../../src/domain/comparison/room.js";
import type { Services } from "../../../src/domain/context.js";
import { PegError } from "../../../src/domain/errors.js";
import { comparisonOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

/** The same database, whose n-th transaction or statement fails as if the connection had closed. */
function failingAt(db: Database, n: number): Database {
  let calls = 0;
  return new Proxy(db, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (
        typeof value !== "function" ||
        !["transaction", "insert", "update", "select"].includes(String(name))
      )
        return value;
      return (...args: unknown[]) => {
        calls++;
        if (calls === n) throw Object.assign(new Error("closed"), { code: "CONNECTION_CLOSED" });
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe.each(DATABASES)("a computation on $kind", ({ here, open }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    let computing: Services;
    beforeAll(async () => {
      world = await open();
      computing = {
        ...world.services,
        analysisService: { ...world.services.analysisService, compare: async () => comparisonOf(1) },
      };
    });
    afterAll(() => world?.close());

    test.each([
      ["stored", async () => comparisonOf(1)],
      ["that fails", () => Promise.reject(new PegError("MCP_PROCESSING_ERROR", verbatim("no")))],
    ])("%s takes room for its rows, and gives it back", async (_, compare) => {
      const key = await storeAnalysis(world.services);
      const seen: unknown[] = [];
      const room = {
        enter: async (rows: number) => {
          seen.push(rows);
          return () => void seen.push("left");
        },
      } as Room;
      const analysisService = { ...world.services.analysisService, compare };
      const services = { ...world.services, room, analysisService };
      await computeComparison(services, key, { requestId: "asked" }).catch(() => undefined);
      const [stored] = await world.db
        .select()
        .from(analysisResults)
        .where(eq(analysisResults.id, key.analysisId));
      expect(stored?.rowCount).toBeGreaterThan(0);
      expect(seen).toEqual([stored?.rowCount, "left"]);
    });

    test.each([1, 2, 3, 4, 5, 6])(
      "whose statement %i fails neither hangs nor keeps the next one from computing",
      { timeout: 30_000 },
      async (n) => {
        const key = await storeAnalysis(world.services);
        const failing = { ...computing, db: failingAt(world.db, n) };
        const first = await computeComparison(failing, key, { requestId: "first" }).catch(
          (error: unknown) => error,
        );
        const second = await computeComparison(computing, key, { requestId: "second" });
        expect(second.comparison.summary.weighted_avg_change).toBe(1);
        // Where it failed after the claim and could not say so, the lease runs out; where it could, nothing waits.
        if (!(first instanceof Error)) expect(second.computedHere).toBe(false);
      },
    );
  });
});
