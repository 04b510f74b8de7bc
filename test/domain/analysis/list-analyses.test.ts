import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_SCOPE, type PermissionType } from "../../../src/contract/permissions.js";
import type { Database } from "../../../src/db/open.js";
import {
  analysisResults,
  pegComparisonSummaries,
  pegComparisonTasks,
  userAnalysisPermissions,
} from "../../../src/db/schema.js";
import { listAnalyses } from "../../../src/domain/analysis/list-analyses.js";
import type { ComparisonKey } from "../../../src/domain/comparison/stored-comparison.js";
import { describeOwnPermissions } from "../../../src/domain/permission/describe-own-permissions.js";
import { contextOf, DATABASES, rowsOf, storeAnalysis, type TestWorld } from "../fixtures.js";

const SUMMARY = {
  total_pegs: 1,
  improved: 1,
  declined: 0,
  stable: 0,
  weighted_avg_change: 15,
  overall_trend: "improving" as const,
};

describe.each(DATABASES)("the list on $kind", ({ here, open }) => {
  describe.skipIf(!here)("", () => {
    let world: TestWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    function contextFor(userId: string, scopes: string[] = []) {
      const ctx = contextOf(world.services);
      return { ...ctx, actor: { ...ctx.actor, userId, scopes } };
    }
    async function seenBy(userId: string, id: string, scopes: string[] = []) {
      const { items } = await listAnalyses({ ctx: contextFor(userId, scopes), input: { limit: 100 } });
      return items.find((item) => item.id === id);
    }
    const stateOf = async (key: ComparisonKey) => (await seenBy("owner", key.analysisId))?.comparison;

    const addTask = (key: ComparisonKey, task: Partial<typeof pegComparisonTasks.$inferInsert>) =>
      world.db.insert(pegComparisonTasks).values({
        ...key,
        status: "PROCESSING",
        attemptToken: randomUUID(),
        leaseUntil: new Date(),
        ...task,
      });
    const addSummary = (key: ComparisonKey) =>
      world.db.insert(pegComparisonSummaries).values({
        ...key,
        summaryData: JSON.stringify(SUMMARY),
        analysisMetadata: "{}",
        processingTime: 1,
        mcpVersion: "v",
        keyId: "k",
      });

    test("tells how far the comparison of the present data by the present method is", async () => {
      const key = await storeAnalysis(world.services);
      expect(await stateOf(key)).toEqual({ status: null, progress: 0 });
      await addTask({ ...key, revision: randomUUID() }, { progress: 80 });
      await addTask({ ...key, algorithmVersion: "another" }, { progress: 90 });
      expect(await stateOf(key)).toEqual({ status: null, progress: 0 });
      const at = (minute: number) => new Date(Date.UTC(2024, 0, 1, 0, minute));
      await addTask(key, { status: "FAILED", progress: 20, createdAt: at(1) });
      await addTask(key, { progress: 35, createdAt: at(2) });
      expect(await stateOf(key)).toEqual({ status: "PROCESSING", progress: 35 });
      await addTask(key, { status: "FAILED", progress: 60, createdAt: at(3) });
      expect(await stateOf(key)).toEqual({ status: "FAILED", progress: 60 });
      await addSummary(key);
      expect(await stateOf(key)).toEqual({ status: "COMPLETED", progress: 100, summary: SUMMARY });
    });

    test.each([["revision" as const], ["algorithmVersion" as const]])(
      "takes no comparison of another %s for the present one",
      async (field) => {
        const key = await storeAnalysis(world.services);
        await addTask(key, { status: "COMPLETED", progress: 100 });
        await addSummary({ ...key, [field]: randomUUID() });
        expect(await stateOf(key)).toEqual({ status: null, progress: 0 });
      },
    );

    test("tells the most that the caller may do, and `own` tells all of it", async () => {
      const { analysisId: id } = await storeAnalysis(world.services);
      const now = world.services.clock.now();
      const [past, future] = [new Date(now - 1), new Date(now + 60_000)];
      const grant = (userId: string, permissionType: PermissionType, expiresAt: Date | null) =>
        world.db
          .insert(userAnalysisPermissions)
          .values({ userId, analysisId: id, permissionType, grantedBy: "owner", expiresAt });
      await grant("writer", "write", future);
      await grant("writer", "read", null);
      await grant("writer", "admin", past);
      await grant("reader", "read", null);
      await grant("late", "admin", past);
      const typeFor = async (user: string, scopes?: string[]) =>
        (await seenBy(user, id, scopes))?.permission_type;
      expect(await typeFor("owner")).toBe("admin");
      expect(await typeFor("writer")).toBe("write");
      expect(await typeFor("reader")).toBe("read");
      expect(await typeFor("late")).toBeUndefined();
      expect(await typeFor("reader", [ADMIN_SCOPE])).toBe("admin");
      expect(await typeFor("operator", [ADMIN_SCOPE])).toBe("admin");

      const ownOf = (user: string, scopes?: string[]) =>
        describeOwnPermissions({ ctx: contextFor(user, scopes), input: { id } });
      expect(await ownOf("writer")).toEqual({
        operator: false,
        permissions: [
          { permission_type: "read", expires_at: null },
          { permission_type: "write", expires_at: future },
        ],
      });
      expect(await ownOf("operator", [ADMIN_SCOPE])).toEqual({ operator: true, permissions: [] });
    });

    test("looks at no more of the other tables than a page holds, however many analyses there are", async () => {
      await world.db.execute(sql`
        insert into ${analysisResults} (id, owner_id, request_params, n1_start, n1_end, n_start, n_end, row_count,
          peg_count, cell_count, sealed_cells, key_id, created_at)
        select 'many-' || i, 'many', '{"peg_definitions":{}}', now(), now(), now(), now(), 1, 1, 1, '', 'k',
          timestamptz '2020-01-01' + make_interval(mins => i) from generate_series(1, 4000) i`);
      await world.db.execute(sql`
        insert into ${userAnalysisPermissions} (user_id, analysis_id, permission_type, granted_by)
        select 'many', 'many-' || i, 'write', 'many' from generate_series(1, 4000) i`);
      await world.db.execute(sql`
        insert into ${pegComparisonTasks} (analysis_id, revision, algorithm_version, status, attempt_token, lease_until)
        select id, revision, ${world.services.algorithmVersion}, 'FAILED', gen_random_uuid(), now()
        from ${analysisResults}, generate_series(1, 5) where owner_id = 'many'`);
      await world.db.execute(sql`
        insert into ${pegComparisonSummaries} (analysis_id, revision, algorithm_version, summary_data,
          analysis_metadata, processing_time, mcp_version, key_id)
        select id, revision, ${world.services.algorithmVersion}, ${JSON.stringify(SUMMARY)}::text::jsonb, '{}', 1, 'v', 'k'
        from ${analysisResults} where owner_id = 'many'`);
      await world.db.execute(sql`analyze`);
      const { items, reads } = await world.db.transaction(async (tx) => {
        const ctx = contextFor("many");
        const services = { ...ctx.services, db: tx };
        const before = await readsOf(tx);
        const page = await listAnalyses({ ctx: { ...ctx, services }, input: { limit: 20 } });
        const after = await readsOf(tx);
        return {
          ...page,
          reads: after.map(([table, rows], i) => [table, rows - (before[i]?.[1] ?? 0)] as const),
        };
      });
      expect(items.map(({ comparison }) => comparison.status)).toEqual(Array(20).fill("COMPLETED"));
      for (const [table, rows] of reads) {
        expect(rows, table).toBeGreaterThanOrEqual(20);
        expect(rows, table).toBeLessThan(300);
      }
    });
  });
});

/** Rows read so far, of each table that a list is made from: the statistics of this connection. */
async function readsOf(tx: Database): Promise<(readonly [table: string, rows: number])[]> {
  const rows = await rowsOf<{ name: string; count: string }>(
    tx,
    sql`select relname as name, seq_tup_read + idx_tup_fetch as count from pg_stat_xact_user_tables where relname in
      ('analysis_results', 'user_analysis_permissions', 'peg_comparison_tasks', 'peg_comparison_summaries')
      order by relname`,
  );
  return rows.map(({ name, count }) => [name, Number(count)] as const);
}
