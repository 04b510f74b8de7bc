import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/db/open.js";
import * as schema from "../../src/db/schema.js";
import { listAnalyses } from "../../src/domain/analysis/list-analyses.js";
import { loadStoredSummary } from "../../src/domain/comparison/stored-comparison.js";
import type { Services, VerbContext } from "../../src/domain/context.js";
import { readStanding } from "../../src/domain/permission/authorize.js";
import { readTask } from "../../src/domain/task/task-state.js";
import { createLogger } from "../../src/log.js";
import { migrateAll } from "../../src/stores.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";

/** Analyses; of each, ten users may read it. */
const SMALL = 2_000;
const LARGE = 100_000;
/** By which the pages that a question touches may grow with fifty times as much: an index gets a level or two more. */
const MAX_GROWTH = 3;

const SUMMARY = JSON.stringify({
  total_pegs: 1,
  improved: 0,
  declined: 0,
  stable: 1,
  weighted_avg_change: 0,
  overall_trend: "stable",
});

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Plan[];
}

const QUESTIONS: Record<string, (ctx: VerbContext) => Promise<unknown>> = {
  "whether a user may read an analysis": ({ services, actor }) =>
    readStanding(services.db, actor.userId, "analysis-777"),
  "the newest task of an analysis": ({ services }) => readTask(services.db, "analysis-777", undefined),
  "the stored summary of an analysis": ({ services }) =>
    loadStoredSummary(services.db, {
      analysisId: "analysis-777",
      revision: "00000000-0000-4000-8000-000000000000",
      algorithmVersion: "v3.0.0",
    }),
  "the list of one who may read ten": (ctx) => listAnalyses({ ctx, input: { limit: 20 } }),
  "the list of one who may read a tenth of all": (ctx) =>
    listAnalyses({ ctx: as(ctx, "auditor"), input: { limit: 20 } }),
  "the list of an operator": (ctx) =>
    listAnalyses({
      ctx: { ...ctx, actor: { ...ctx.actor, userId: "operator", scopes: ["peg:admin"] } },
      input: { limit: 20 },
    }),
};

function as(ctx: VerbContext, userId: string): VerbContext {
  return { ...ctx, actor: { ...ctx.actor, userId } };
}

describe.skipIf(!hasPostgres)("what is asked for most costs no more however much there is", () => {
  let drop = async () => {};
  let sql: postgres.Sql;
  let ctx: VerbContext;
  const asked: { text: string; values: unknown[] }[] = [];

  beforeAll(async () => {
    const database = await createTestDatabase();
    ({ drop } = database);
    const open = await openDatabase({ url: database.url, dataDir: "memory://" });
    await migrateAll(open, createLogger("silent"), database.url);
    await open.close();
    sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    const logQuery = (text: string, values: unknown[]) => void asked.push({ text, values });
    const db = drizzle(sql, { schema, logger: { logQuery } }) as unknown as Database;
    const services = { db, algorithmVersion: "v3.0.0", clock: { now: () => Date.now() } };
    ctx = {
      services: services as unknown as Services,
      actor: { kind: "user", userId: "user-7", scopes: [], tokenExpiresAt: new Date(8.64e15) },
      requestId: "request",
      language: "en",
      visit: { limits: { allowed: true, rules: [] }, generation: null, entry: null },
    };
  });
  afterAll(async () => {
    await sql?.end();
    await drop();
  });

  /** Fills up to so many analyses, each with a task, a summary, and ten readers of as many users as analyses. */
  async function fill(from: number, to: number): Promise<void> {
    await sql.unsafe(`
      insert into analysis_results (id, name, owner_id, request_params, n1_start, n1_end, n_start, n_end, row_count,
          peg_count, cell_count, sealed_cells, key_id, created_at)
        select 'analysis-' || i, 'Name ' || i, 'user-' || i, '{"peg_definitions":{}}', now(), now(), now(), now(), 1, 1, 1,
          repeat('c', 100), 'key', timestamptz '2024-01-01' + i * interval '1 minute'
        from generate_series(${from}, ${to - 1}) i;
      insert into user_analysis_permissions (user_id, analysis_id, permission_type, granted_by)
        select 'user-' || (i * 10 + reader * 7919) % ${to}, 'analysis-' || i, 'read', 'owner'
        from generate_series(${from}, ${to - 1}) i, generate_series(0, 8) reader
        on conflict do nothing;
      insert into user_analysis_permissions (user_id, analysis_id, permission_type, granted_by)
        select case when i % 10 = 0 then 'auditor' else 'somebody-' || i end, 'analysis-' || i, 'read', 'owner'
        from generate_series(${from}, ${to - 1}) i;
      insert into peg_comparison_summaries (analysis_id, revision, algorithm_version, summary_data, analysis_metadata,
          processing_time, mcp_version, key_id)
        select id, revision, 'v3.0.0', '${SUMMARY}', '{}', 1, 'v3.0.0', 'key' from analysis_results
        on conflict do nothing;
      insert into peg_comparison_tasks (analysis_id, revision, algorithm_version, status, attempt_token, lease_until)
        select id, revision, 'v3.0.0', 'COMPLETED', gen_random_uuid(), now() from analysis_results;
      analyze;`);
  }

  /** The pages that a question touches, and the tables that it reads from end to end. */
  async function costOf(question: (ctx: VerbContext) => Promise<unknown>) {
    asked.length = 0;
    await question(ctx);
    let pages = 0;
    const scanned: string[] = [];
    for (const { text, values } of [...asked]) {
      const [row] = await sql.unsafe(
        `explain (analyze, buffers, format json) ${text}`,
        values as (string | number)[],
      );
      const [{ Plan: plan }] = (row as unknown as { "QUERY PLAN": [{ Plan: Plan }] })["QUERY PLAN"];
      pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
      const visit = (node: Plan): void => {
        if (node["Node Type"] === "Seq Scan") scanned.push(node["Relation Name"] ?? "?");
        node.Plans?.forEach(visit);
      };
      visit(plan);
    }
    return { pages, scanned };
  }

  test(`${LARGE} analyses and ${LARGE * 10} permissions beside ${SMALL} and ${SMALL * 10}`, {
    timeout: 300_000,
  }, async () => {
    await fill(0, SMALL);
    const before = new Map<string, number>();
    for (const [name, question] of Object.entries(QUESTIONS))
      before.set(name, (await costOf(question)).pages);
    await fill(SMALL, LARGE);
    const lines: string[] = [];
    for (const [name, question] of Object.entries(QUESTIONS)) {
      const { pages, scanned } = await costOf(question);
      lines.push(`${name}: ${before.get(name)} pages, then ${pages}`);
      expect.soft(pages / (before.get(name) ?? 0), name).toBeLessThan(MAX_GROWTH);
      expect.soft(scanned, name).toEqual([]);
    }
    console.log(lines.join("\n"));
  });
});
