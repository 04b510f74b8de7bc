import { eq, sql } from "drizzle-orm";
import { describe, expect, inject, test, vi } from "vitest";
import { createKeyRing } from "../../../src/adapters/sealing/key-ring.js";
import { RingSealer } from "../../../src/adapters/sealing/sealer.js";
import { type OpenDatabase, openDatabase } from "../../../src/db/open.js";
import { pegComparisonResults } from "../../../src/db/schema.js";
import { cellPlace } from "../../../src/domain/comparison/stored-comparison.js";
import { rotateKeys } from "../../../src/domain/sealing/rotate-keys.js";
import { createLogger } from "../../../src/log.js";
import { migrateAll } from "../../../src/stores.js";
import { sampleAnalysis, startBackend, TEST_KEY } from "../../support/backend.js";
import { createTestDatabase, hasPostgres } from "../../support/database.js";
import { openFromTemplate } from "../../support/embedded-template.js";

// An embedded database takes its time where others want the processor.
vi.setConfig({ testTimeout: 60_000 });

const OLD = TEST_KEY;
const NEW = { kid: "new", secret: new Uint8Array(Buffer.alloc(32, 2)) };
const ID = "of-many-cells";
const PEGS = 60;

interface Watched {
  database: OpenDatabase;
  url?: string;
  queries: string[];
  drop(): Promise<void>;
}

/** An empty database, and the texts of all it is asked. */
const KINDS: Record<string, () => Promise<Watched>> = {
  embedded: async () => {
    const queries: string[] = [];
    const logQuery = (text: string) => void queries.push(text);
    const database = await openFromTemplate(inject("embeddedTemplate"), { logQuery });
    return { database, queries, drop: () => database.close() };
  },
  ...(hasPostgres && {
    postgres: async () => {
      const queries: string[] = [];
      const { url, drop } = await createTestDatabase();
      const database = await openDatabase({ url, dataDir: "", onQuery: (text) => void queries.push(text) });
      await migrateAll(database, createLogger("silent"), url);
      return { database, url, queries, drop: () => database.close().then(drop) };
    },
  }),
};

const sealerOf = async (...keys: (typeof OLD)[]) => new RingSealer(await createKeyRing(keys));

/** Stores a comparison in which each PEG is of a cell of its own, two of none and two of the same. */
async function store({ database, url }: Watched): Promise<void> {
  const backend = await startBackend({ ...(url && { DATABASE_URL: url }) }, { database });
  const owner = await backend.clientOf("owner");
  await owner.analysis.create.mutate(sampleAnalysis({ id: ID, pegs: PEGS }));
  await owner.pegComparison.get.query({ id: ID });
  await backend.stop();
  const sealer = await sealerOf(OLD);
  for (let position = 0; position < PEGS; position++) {
    const sealed = await sealer.seal(`cell, "no" \\${position}`, cellPlace(ID));
    const metadata = JSON.stringify(position < 2 ? { kept: true } : { kept: true, cell_id: sealed });
    await database.db
      .update(pegComparisonResults)
      .set({ metadata })
      .where(eq(pegComparisonResults.position, position));
  }
  await database.db.execute(sql`
    update peg_comparison_results as one set metadata = other.metadata
    from peg_comparison_results as other where one.position = 3 and other.position = 2`);
}

describe.each(Object.entries(KINDS))("keys of a comparison of many cells in the %s database", (_, open) => {
  test("are changed in few statements, and each cell is what it was", async () => {
    const watched = await open();
    const { database, queries } = watched;
    try {
      await store(watched);
      queries.length = 0;
      const services = { db: database.db, clock: { now: () => Date.now() } };
      expect(await rotateKeys({ ...services, sealer: await sealerOf(NEW, OLD) }, "operator")).toEqual({
        done: 2,
        unreadable: 0,
      });
      expect(queries.filter((text) => /^update "peg_comparison_results"/.test(text))).toHaveLength(1);
      const sealer = await sealerOf(NEW);
      const rows = await database.db
        .select({
          position: pegComparisonResults.position,
          metadata: sql<string>`${pegComparisonResults.metadata}::text`,
        })
        .from(pegComparisonResults)
        .orderBy(pegComparisonResults.position);
      const cells = await Promise.all(
        rows.map(({ metadata }) => {
          const { cell_id: sealed, kept } = JSON.parse(metadata) as { cell_id?: string; kept: boolean };
          expect(kept).toBe(true);
          return sealed && sealer.open(sealed, cellPlace(ID));
        }),
      );
      const names = rows.map(({ position }) => `cell, "no" \\${position === 3 ? 2 : position}`);
      expect(cells).toEqual([undefined, undefined, ...names.slice(2)]);
      expect(rows).toHaveLength(PEGS);
    } finally {
      await watched.drop();
    }
  });
});
