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
import { analysisResults, userAnalysisPermissions } from "../../db/schema.js";
import type { VerbContext } from "../context.js";
import { readCursor, writeCursor } from "../page-cursor.js";
import { describeAnalysis, describePeriods } from "./describe-analysis.js";

const place = z.tuple([z.number().int().min(0).max(8.64e15), analysisId]);

/** A part of a name as a pattern: its own wildcards stand for themselves. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}

/** What the caller may read, newest first. */
export async function listAnalyses({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: AnalysisListInput;
}): Promise<AnalysisListOutput> {
  const { services, actor } = ctx;
  const { db } = services;
  const conditions: (SQL | undefined)[] = [
    input.name === undefined ? undefined : ilike(analysisResults.name, containing(input.name)),
    input.created_from && gte(analysisResults.createdAt, input.created_from),
    input.created_to && lte(analysisResults.createdAt, input.created_to),
  ];
  if (!actor.scopes.includes(ADMIN_SCOPE)) {
    const now = new Date(services.clock.now());
    const granted = db
      .select({ one: sql`1` })
      .from(userAnalysisPermissions)
      .where(
        and(
          eq(userAnalysisPermissions.userId, actor.userId),
          eq(userAnalysisPermissions.analysisId, analysisResults.id),
          or(isNull(userAnalysisPermissions.expiresAt), gt(userAnalysisPermissions.expiresAt, now)),
        ),
      );
    conditions.push(exists(granted));
  }
  if (input.cursor !== undefined) {
    const [createdAt, id] = readCursor(input.cursor, place);
    const at = new Date(createdAt).toISOString();
    conditions.push(sql`(${analysisResults.createdAt}, ${analysisResults.id}) < (${at}::timestamptz, ${id})`);
  }
  // One more than is shown tells whether there is a next page.
  const { sealedCells: _cells, requestParams: _definitions, ...columns } = getTableColumns(analysisResults);
  const rows = await db
    .select(columns)
    .from(analysisResults)
    .where(and(...conditions))
    .orderBy(desc(analysisResults.createdAt), desc(analysisResults.id))
    .limit(input.limit + 1);
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => ({
      ...describeAnalysis(row),
      updated_at: row.updatedAt,
      period_info: describePeriods(row),
    })),
    next_cursor: last && rows.length > shown.length ? writeCursor([last.createdAt.getTime(), last.id]) : null,
  };
}
