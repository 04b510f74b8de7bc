import {
  and,
  desc,
  eq,
  exists,
  getTableColumns,
  gt,
  gte,
  ilike,
  isNull,
  lte,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { z } from "zod";
import { analysisId } from "../../contract/analysis.js";
import type { AnalysisListInput, AnalysisListOutput } from "../../contract/analysis-list.js";
import { ADMIN_SCOPE } from "../../contract/permissions.js";
import {
  analysisResults,
  pegComparisonSummaries,
  pegComparisonTasks,
  userAnalysisPermissions,
} from "../../db/schema.js";
import type { VerbContext } from "../context.js";
import { cutPage, readCursor } from "../page-cursor.js";
import { describeComparisonState } from "./comparison-state.js";
import { describeAnalysis, describePeriods } from "./describe-analysis.js";

/** Of four digits in the year: what comes after is written in a way that PostgreSQL takes for something else. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const place = z.tuple([z.number().int().min(0).max(LAST_MS), analysisId]);

/** A part of a name as a pattern: its own wildcards stand for themselves. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}

/** The caller's permissions on one analysis that still hold. */
function heldPermissions({ services, actor }: VerbContext, ofAnalysis: SQL): SQL | undefined {
  const now = new Date(services.clock.now());
  return and(
    eq(userAnalysisPermissions.userId, actor.userId),
    ofAnalysis,
    or(isNull(userAnalysisPermissions.expiresAt), gt(userAnalysisPermissions.expiresAt, now)),
  );
}

/** One page of analyses, and one row more, which tells whether there is a next page. */
function pageOf(ctx: VerbContext, input: AnalysisListInput) {
  const { db } = ctx.services;
  const conditions: (SQL | undefined)[] = [
    input.name === undefined ? undefined : ilike(analysisResults.name, containing(input.name)),
    input.created_from && gte(analysisResults.createdAt, input.created_from),
    input.created_to && lte(analysisResults.createdAt, input.created_to),
  ];
  if (!ctx.actor.scopes.includes(ADMIN_SCOPE)) {
    const ofAnalysis = eq(userAnalysisPermissions.analysisId, analysisResults.id);
    const granted = db
      .select({ one: sql`1` })
      .from(userAnalysisPermissions)
      .where(heldPermissions(ctx, ofAnalysis));
    conditions.push(exists(granted));
  }
  if (input.cursor !== undefined) {
    const [createdAt, id] = readCursor(input.cursor, place);
    const at = new Date(createdAt).toISOString();
    conditions.push(sql`(${analysisResults.createdAt}, ${analysisResults.id}) < (${at}::timestamptz, ${id})`);
  }
  const { sealedCells: _cells, requestParams: _definitions, ...columns } = getTableColumns(analysisResults);
  return db.$with("page").as(
    db
      .select(columns)
      .from(analysisResults)
      .where(and(...conditions))
      .orderBy(desc(analysisResults.createdAt), desc(analysisResults.id))
      .limit(input.limit + 1),
  );
}

/**
 * What the caller may read, newest first, and how far the comparison of each is. One query, so that all of it is of
 * one moment; what belongs to an analysis is looked up for those of the page only.
 */
export async function listAnalyses({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: AnalysisListInput;
}): Promise<AnalysisListOutput> {
  const { db, algorithmVersion } = ctx.services;
  const page = pageOf(ctx, input);
  const granted = db
    .select({ permissionType: userAnalysisPermissions.permissionType })
    .from(userAnalysisPermissions)
    .where(heldPermissions(ctx, eq(userAnalysisPermissions.analysisId, page.id)))
    .orderBy(
      sql`case ${userAnalysisPermissions.permissionType} when 'admin' then 1 when 'write' then 2 else 3 end`,
    )
    .limit(1)
    .as("granted");
  const stored = db
    .select({ summary: sql<string>`${pegComparisonSummaries.summaryData}::text`.as("summary") })
    .from(pegComparisonSummaries)
    .where(
      and(
        eq(pegComparisonSummaries.analysisId, page.id),
        eq(pegComparisonSummaries.revision, page.revision),
        eq(pegComparisonSummaries.algorithmVersion, algorithmVersion),
      ),
    )
    .limit(1)
    .as("stored");
  const task = db
    .select({ status: pegComparisonTasks.status, progress: pegComparisonTasks.progress })
    .from(pegComparisonTasks)
    .where(
      and(
        eq(pegComparisonTasks.analysisId, page.id),
        eq(pegComparisonTasks.revision, page.revision),
        eq(pegComparisonTasks.algorithmVersion, algorithmVersion),
      ),
    )
    .orderBy(desc(pegComparisonTasks.createdAt), desc(pegComparisonTasks.id))
    .limit(1)
    .as("task");
  const rows = await db
    .with(page)
    .select({
      analysis: page._.selectedFields,
      permissionType: granted.permissionType,
      summary: stored.summary,
      status: task.status,
      progress: task.progress,
    })
    .from(page)
    .leftJoinLateral(granted, sql`true`)
    .leftJoinLateral(stored, sql`true`)
    .leftJoinLateral(task, sql`true`)
    .orderBy(desc(page.createdAt), desc(page.id));
  const { shown, next_cursor } = cutPage(rows, input.limit, ({ analysis }) => [
    analysis.createdAt.getTime(),
    analysis.id,
  ]);
  return {
    items: shown.map(({ analysis, permissionType, ...state }) => ({
      ...describeAnalysis(analysis),
      updated_at: analysis.updatedAt,
      period_info: describePeriods(analysis),
      // Whoever sees an analysis without a permission of their own is an operator.
      permission_type: ctx.actor.scopes.includes(ADMIN_SCOPE) ? "admin" : (permissionType ?? "read"),
      comparison: describeComparisonState(state),
    })),
    next_cursor,
  };
}
