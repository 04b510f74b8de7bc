import { randomUUID } from "node:crypto";
import type { AnalysisCreateInput, AnalysisCreateOutput } from "../../contract/analysis.js";
import { isUniqueViolation } from "../../db/errors.js";
import { analysisResults, auditLog, userAnalysisPermissions } from "../../db/schema.js";
import type { VerbContext } from "../context.js";
import { PegError } from "../errors.js";
import { toSampleColumns } from "./sample-columns.js";
import { cellsPlace, insertSamples } from "./stored-raw-data.js";

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
  const { services, actor, requestId } = ctx;
  const id = input.id ?? randomUUID();
  const revision = randomUUID();
  const { cells, series, pegs } = await toSampleColumns(input.stats);
  const sealedCells = await services.sealer.seal(JSON.stringify(cells), cellsPlace(id));
  const now = new Date(services.clock.now());
  const { n1_start: n1Start, n1_end: n1End, n_start: nStart, n_end: nEnd } = input.period_info;
  const analysis = {
    id,
    name: input.name ?? null,
    dataVersion: 1,
    rowCount: input.stats.length,
    pegCount: pegs,
    cellCount: cells.length,
    createdAt: now,
  };
  try {
    await services.db.transaction(async (tx) => {
      await tx.insert(analysisResults).values({
        ...analysis,
        ownerId: actor.userId,
        revision,
        requestParams: { peg_definitions: input.request_params.peg_definitions },
        n1Start,
        n1End,
        nStart,
        nEnd,
        sealedCells,
        updatedAt: now,
      });
      await insertSamples(tx, id, revision, series);
      await tx.insert(userAnalysisPermissions).values({
        userId: actor.userId,
        analysisId: id,
        permissionType: "admin",
        grantedBy: actor.userId,
        grantedAt: now,
      });
      await tx.insert(auditLog).values({
        at: now,
        actorId: actor.userId,
        action: "create",
        analysisId: id,
        requestId,
        details: { rows: analysis.rowCount, pegs, cells: cells.length },
      });
    });
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new PegError(
        "CONFLICT",
        "An analysis with this id exists already. Choose another id, or leave it out.",
      );
    }
    throw error;
  }
  return {
    id,
    name: analysis.name,
    data_version: analysis.dataVersion,
    rows: analysis.rowCount,
    pegs,
    cells: cells.length,
    created_at: now,
  };
}
