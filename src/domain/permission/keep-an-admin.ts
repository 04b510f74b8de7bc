import { and, eq, isNull } from "drizzle-orm";
import type { Transaction } from "../../db/open.js";
import { userAnalysisPermissions } from "../../db/schema.js";
import { PegError } from "../errors.js";

/**
 * Checks, after a change and before it commits, that somebody can still administer the analysis for good.
 *
 * @throws PegError CONFLICT
 */
export async function keepAnAdmin(tx: Transaction, analysisId: string): Promise<void> {
  const [admin] = await tx
    .select({ id: userAnalysisPermissions.id })
    .from(userAnalysisPermissions)
    .where(
      and(
        eq(userAnalysisPermissions.analysisId, analysisId),
        eq(userAnalysisPermissions.permissionType, "admin"),
        isNull(userAnalysisPermissions.expiresAt),
      ),
    )
    .limit(1);
  if (!admin) {
    throw new PegError(
      "CONFLICT",
      "An analysis keeps at least one admin whose permission does not expire. Grant it to another user first.",
    );
  }
}
