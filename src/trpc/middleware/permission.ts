import type { PermissionType } from "../../contract/permissions.js";
import type { VerbContext } from "../../domain/context.js";
import { type AuthorizedAnalysis, authorize } from "../../domain/permission/authorize.js";
import type { CallRecord } from "../context.js";

/**
 * Checks that the caller may act on the analysis of a call, and notes which it is.
 *
 * @throws PegError as `authorize`
 */
export function authorizeCall(
  ctx: VerbContext,
  call: CallRecord,
  analysisId: string,
  needed: PermissionType,
): Promise<AuthorizedAnalysis> {
  call.analysisId = analysisId;
  return authorize({ ctx, analysisId, needed });
}
