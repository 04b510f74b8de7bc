import { and, eq, sql } from "drizzle-orm";
import { ADMIN_SCOPE, can, type Grant, type PermissionType } from "../../contract/permissions.js";
import type { Database } from "../../db/open.js";
import { analysisResults, userAnalysisPermissions } from "../../db/schema.js";
import type { VerbContext } from "../context.js";
import { analysisNotFound, permissionDenied } from "../errors.js";
import type { AnalysisStanding } from "./standing-cache.js";

/** An analysis that the caller may act on, in its present state. */
export interface AuthorizedAnalysis {
  id: string;
  revision: string;
  dataVersion: number;
}

/** Reads grants and state in one query. */
export async function readStanding(
  db: Database,
  userId: string,
  analysisId: string,
): Promise<AnalysisStanding> {
  // One row at least, so that state and grants come together even where one of them is absent.
  const asked = db
    .$with("asked")
    .as(db.select({ id: sql<string>`${analysisId}::varchar`.as("asked_id") }).from(sql`(select 1) as one`));
  const rows = await db
    .with(asked)
    .select({
      permission: userAnalysisPermissions.permissionType,
      expiresAt: userAnalysisPermissions.expiresAt,
      revision: analysisResults.revision,
      dataVersion: analysisResults.dataVersion,
    })
    .from(asked)
    .leftJoin(analysisResults, eq(analysisResults.id, asked.id))
    .leftJoin(
      userAnalysisPermissions,
      and(eq(userAnalysisPermissions.analysisId, asked.id), eq(userAnalysisPermissions.userId, userId)),
    );
  const grants = rows.flatMap(({ permission, expiresAt }): Grant[] =>
    permission ? [{ permission, expiresAt }] : [],
  );
  const { revision, dataVersion } = rows[0] ?? {};
  return { grants, analysis: revision && dataVersion ? { revision, dataVersion } : undefined };
}

/**
 * Decides by what is known of the caller and the analysis, as of now: grants end with time, too.
 *
 * @throws PegError PERMISSION_DENIED, the same for an analysis that is absent; ANALYSIS_NOT_FOUND for operators
 */
export function checkStanding(
  { services, actor }: VerbContext,
  standing: AnalysisStanding,
  needed: PermissionType,
): NonNullable<AnalysisStanding["analysis"]> {
  const now = new Date(services.clock.now());
  if (!can({ scopes: actor.scopes, grants: standing.grants }, needed, now)) throw permissionDenied();
  if (!standing.analysis) throw actor.scopes.includes(ADMIN_SCOPE) ? analysisNotFound() : permissionDenied();
  return standing.analysis;
}

/**
 * Checks that the caller may act on an analysis. Asks Postgres unless the shared store proves that what this
 * process knows still holds.
 *
 * @throws PegError as `checkStanding`
 */
export async function authorize(input: {
  ctx: VerbContext;
  analysisId: string;
  needed: PermissionType;
  /** Asks Postgres in any case. */
  fresh?: boolean;
}): Promise<AuthorizedAnalysis> {
  const { ctx, analysisId, needed } = input;
  const { services, actor, visit } = ctx;
  const held =
    visit.generation === null || input.fresh
      ? undefined
      : services.standings.get(actor.userId, analysisId, visit.generation);
  const mark = services.standings.mark();
  const standing =
    held ??
    (await services.tracing.span("database standing", {}, () =>
      readStanding(services.db, actor.userId, analysisId),
    ));
  const analysis = checkStanding(ctx, standing, needed);
  if (!held && visit.generation !== null) {
    services.standings.put(actor.userId, analysisId, { generation: visit.generation, standing }, mark);
    // Whoever began it may not have been allowed to ask. Nobody waits for this, and once suffices.
    if (visit.unkept) void services.shared.keepGeneration(analysisId, visit.generation);
    visit.unkept = false;
  }
  return { id: analysisId, ...analysis };
}
