import { type SQL, sql } from "drizzle-orm";
import fc from "fast-check";
import { inject } from "vitest";
import { parseConfig } from "../../src/config.js";
import type { AnalysisCreateInput } from "../../src/contract/analysis.js";
import type { Database } from "../../src/db/open.js";
import { analysisResults } from "../../src/db/schema.js";
import { createAnalysis } from "../../src/domain/analysis/create-analysis.js";
import type { ComputedComparison } from "../../src/domain/comparison/computed-comparison.js";
import type { ComparisonKey } from "../../src/domain/comparison/stored-comparison.js";
import type { Services, VerbContext } from "../../src/domain/context.js";
import type { AnalysisService } from "../../src/domain/ports.js";
import { createRuntime } from "../../src/runtime.js";
import { TEST_ENV } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { openFromTemplate } from "../support/embedded-template.js";
import { judges, summaryJudges } from "./judge-blocks.js";

/** The two databases that every query has to work on, for describe.each. */
export const DATABASES = [
  { kind: "PGlite", here: true, open: (service?: AnalysisService) => openWorld({}, service) },
  { kind: "PostgreSQL", here: hasPostgres, open: openOnPostgres },
];

/** What verbs need, on a migrated database of the test's own. */
export interface TestWorld {
  services: Services;
  db: Database;
  close(): Promise<void>;
}

/** No comparison is asked for by these tests: they store what they made themselves. */
const noService: AnalysisService = {
  compare: async () => {
    throw new Error("not part of this test");
  },
  check: () => {},
  state: () => "closed",
  close: async () => {},
};

async function openWorld(env: Record<string, string>, analysisService = noService): Promise<TestWorld> {
  const own = env.DATABASE_URL ? undefined : await openFromTemplate(inject("embeddedTemplate"));
  const { services, stop } = await createRuntime(parseConfig({ ...TEST_ENV, ...env }), {
    analysisService,
    ...(own ? { database: own } : {}),
  });
  const close = async () => {
    await stop();
    await own?.close();
  };
  return { services, db: services.db, close };
}

async function openOnPostgres(service?: AnalysisService): Promise<TestWorld> {
  const { url, drop } = await createTestDatabase();
  const world = await openWorld({ DATABASE_URL: url }, service);
  return {
    ...world,
    close: async () => {
      await world.close();
      await drop();
    },
  };
}

/** Rows of any statement, whichever driver ran it. */
export async function rowsOf<T>(db: Database, statement: SQL): Promise<T[]> {
  const result = (await db.execute(statement)) as unknown;
  return (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as T[];
}

/** Everything that the database holds, as text. Bytes stand in it as hexadecimal digits. */
export async function dumpOf(db: Database): Promise<string> {
  const tables = await rowsOf<{ name: string }>(
    db,
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await rowsOf<{ text: string }>(
      db,
      sql`select t::text as text from ${sql.identifier(name)} t`,
    );
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join("\n");
}

export const PERIOD_INFO = {
  n1_start: new Date("2024-01-01T00:00:00Z"),
  n1_end: new Date("2024-01-07T23:59:59Z"),
  n_start: new Date("2024-01-08T00:00:00Z"),
  n_end: new Date("2024-01-14T23:59:59Z"),
};

/** What a verb is given when the owner of all analyses acts. */
export function contextOf(services: Services): VerbContext {
  return {
    services,
    actor: { kind: "user", userId: "owner", scopes: [], tokenExpiresAt: new Date(8.64e15) },
    requestId: "request",
    language: "en",
    visit: { limits: { allowed: true, rules: [] }, generation: null, entry: null },
  };
}

/** Stores an analysis and tells its state. */
export async function storeAnalysis(
  services: Services,
  input: Partial<AnalysisCreateInput> = {},
): Promise<ComparisonKey> {
  const ctx = contextOf(services);
  const { id } = await createAnalysis({
    ctx,
    input: {
      stats: [{ kpi_name: "PEG", period: "N", avg: 1, cell_id: "cell" }],
      request_params: { peg_definitions: {} },
      period_info: PERIOD_INFO,
      ...input,
    },
  });
  const rows = await services.db.select().from(analysisResults);
  const revision = rows.find((row) => row.id === id)?.revision;
  if (!revision) throw new Error("the analysis was not stored");
  return { analysisId: id, revision, algorithmVersion: services.algorithmVersion };
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const positive = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const count = fc.nat({ max: 1_000_000 });
const level = fc.constantFrom("high" as const, "medium" as const, "low" as const);
/** To the millisecond, in years of four digits: what JSON carries. */
const instant = fc.date({
  min: new Date("0001-01-01T00:00:00Z"),
  max: new Date("9999-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

/** Names as users give them, and such as have broken programs before. */
export const strangeNames = fc.oneof(
  fc.constantFrom(
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "a.b",
    "a\\.b",
    '"',
    "\\",
    "'",
    "\u2028",
    "</script>",
    "셀",
    "𝒞",
    "0",
    "json",
    "meta",
  ),
  // No control characters and no halves of characters, as the contract has it.
  fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((name) => /^[^\p{Cc}\p{Cs}]+$/u.test(name)),
);

const statistics = fc.record(
  {
    avg: finite,
    rsd: positive,
    values: fc.array(finite, { maxLength: 5 }),
    count,
    missing: count,
    outliers: count,
  },
  { requiredKeys: ["avg", "rsd", "values", "count"] },
);
const change = fc.record(
  {
    change_percent: finite,
    change_absolute: finite,
    trend: fc.constantFrom("up", "down", "stable"),
    significance: level,
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    note: fc.constant("zero_baseline"),
  },
  { requiredKeys: ["change_percent", "change_absolute", "trend", "significance", "confidence"] },
);

/** The same object with its keys in another order. */
function reordered<T extends object>(value: T, backwards: boolean): T {
  return backwards ? (Object.fromEntries(Object.entries(value).reverse()) as T) : value;
}

/** Any comparison that the contract allows. */
export const computedComparisons: fc.Arbitrary<ComputedComparison> = fc
  .record({
    backwards: fc.boolean(),
    pegs: fc.array(
      fc.record(
        {
          pegName: strangeNames,
          weight: fc.integer({ min: 1, max: 10 }),
          n1Period: statistics.map((part) => JSON.stringify(part)),
          nPeriod: statistics.map((part) => JSON.stringify(part)),
          comparison: change.map((part) => JSON.stringify(part)),
          judge: judges.map((part) => JSON.stringify(part)),
          metadata: fc.record({ cell_id: strangeNames, calculated_at: instant, data_quality: level }),
        },
        { requiredKeys: ["pegName", "weight", "n1Period", "nPeriod", "comparison"] },
      ),
      { maxLength: 6 },
    ),
    summary: fc.record(
      {
        total_pegs: count,
        improved: count,
        declined: count,
        stable: count,
        weighted_avg_change: finite.map((number) => number + 0),
        overall_trend: fc.constantFrom("improving" as const, "declining" as const, "stable" as const),
        judge: summaryJudges,
      },
      {
        requiredKeys: [
          "total_pegs",
          "improved",
          "declined",
          "stable",
          "weighted_avg_change",
          "overall_trend",
        ],
      },
    ),
    analysisMetadata: fc.record(
      {
        calculated_at: instant,
        algorithm_version: strangeNames,
        data_source: strangeNames,
        period_definition: fc.record({
          n1_start: instant,
          n1_end: instant,
          n_start: instant,
          n_end: instant,
        }),
        skipped_pegs: fc.array(fc.record({ peg_name: strangeNames, reason: strangeNames }), { maxLength: 2 }),
      },
      { requiredKeys: ["calculated_at", "algorithm_version", "period_definition"] },
    ),
    processingTime: positive.map((number) => number + 0),
    mcpVersion: strangeNames,
  })
  .map(({ backwards, analysisMetadata, ...comparison }) => ({
    ...comparison,
    analysisMetadata: reordered(
      { ...analysisMetadata, period_definition: reordered(analysisMetadata.period_definition, backwards) },
      backwards,
    ),
  }));

/** A comparison with one PEG that can be told by its number. */
export function comparisonOf(number: number): ComputedComparison {
  const values = JSON.stringify({ avg: number, rsd: 0, values: [number], count: 1 });
  const part = { change_percent: 0, change_absolute: 0, trend: "stable", significance: "low", confidence: 0 };
  return {
    pegs: [
      { pegName: "PEG", weight: 5, n1Period: values, nPeriod: values, comparison: JSON.stringify(part) },
    ],
    summary: {
      total_pegs: 1,
      improved: 0,
      declined: 0,
      stable: 1,
      weighted_avg_change: number,
      overall_trend: "stable",
    },
    analysisMetadata: {
      calculated_at: new Date("2024-01-15T00:00:00Z"),
      algorithm_version: "v2.1.0",
      period_definition: PERIOD_INFO,
    },
    processingTime: 0.5,
    mcpVersion: "v2.1.0",
  };
}
