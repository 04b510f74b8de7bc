import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { ERRORS, type ErrorBody } from "../contract/errors.js";

/** Where tRPC is served; all else speaks REST. */
export const TRPC_ENDPOINT = "/trpc";

/**
 * What a refusal carries that no procedure has seen, as the face looks that was called: clients of tRPC find nothing
 * in any other. Of a batch every call takes it for its own.
 *
 * @param status as it is sent
 */
export function envelopeOf(path: string, error: ErrorBody, status: number): object {
  if (!path.startsWith(`${TRPC_ENDPOINT}/`)) return { success: false, error };
  const { trpc } = ERRORS[error.code];
  const data = { code: trpc, httpStatus: status, error };
  return { error: { json: { message: error.message, code: TRPC_ERROR_CODES_BY_KEY[trpc], data } } };
}
