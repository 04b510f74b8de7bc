import { randomUUID } from "node:crypto";
import type { AnalysisCreateInput, AnalysisCreateOutput } from "../../contract/analysis.js";
import { isUniqueViolation } from "../../db/errors.js";
import type { Transaction } from "../../db/open.js";
import { analysisResults, userAnalysisPermissions } from "../../db/schema.js";
import { applyChange } from "../apply-change.js";
import type { VerbContext } from "../context.js";
import { PegError } from "../errors.js";
import { describeAnalysis } from "./describe-analysis.js";
import { prepareRawData } from "./prepare-raw-data.js";
import { insertSamples } from "./stored-raw-data.js";

/**
 * Stores raw data as a new analysis; the caller becomes its admin.
 *
 * @throws PegError CONFLICT where the id is taken
 */
export async function createAnalysis({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: AnalysisCreateInput;
}): Promise<AnalysisCreateOutput> {
  const { services, actor } = ctx;
  const id = input.id ?? randomUUID();
  const { columns, series } = await prepareRawData(services, id, input);
  const now = new Date(services.clock.now());
  const analysis = {
    id,
    name: input.name ?? null,
    dataVersion: 1,
    createdAt: now,
    updatedAt: now,
    ...columns,
  };
  const work = async (tx: Transaction) => {
    await tx.insert(analysisResults).values({ ...analysis, ownerId: actor.userId });
    await insertSamples(tx, id, columns.revision, series);
    await tx.insert(userAnalysisPermissions).values({
      userId: actor.userId,
      analysisId: id,
      permissionType: "admin",
      grantedBy: actor.userId,
      grantedAt: now,
    });
    const { rowCount: rows, pegCount: pegs, cellCount: cells } = columns;
    return { result: describeAnalysis(analysis), details: { rows, pegs, cells } };
  };
  try {
    return await applyChange(ctx, { analysisId: id, action: "create", work });
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new PegError(
        "CONFLICT",
        "An analysis with this id exists already. Choose another id, or leave it out.",
      );
    }
    throw error;
  }
}
