import { TRPCClientError } from "@trpc/client";
import type { ErrorBody, ErrorCode } from "../contract/errors.js";
import type { PegRouter } from "./peg-router.js";

/**
 * An error that the backend answered with: of any code, or of one.
 *
 * @example
 * const fieldsOf = (error: PegClientError<"API_VALIDATION_ERROR">) =>
 *   (error.data.error.details ?? []).map(({ path, message }) => `${path}: ${message}`);
 */
export type PegClientError<TCode extends ErrorCode = ErrorCode> = TRPCClientError<PegRouter> & {
  data: { error: ErrorBody & { code: TCode } };
};

/**
 * Tells whether something that was thrown is an answer of the backend, and of which code. Failures to reach it at
 * all are not.
 *
 * @example
 * if (isPegError(error)) console.error(error.data.error.message, error.data.error.request_id);
 *
 * @example
 * if (isPegError(error, "API_RATE_LIMIT_EXCEEDED")) await sleep((error.data.error.retry_after ?? 1) * 1000);
 */
export function isPegError<TCode extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: TCode,
): error is PegClientError<TCode> {
  if (!(error instanceof TRPCClientError)) return false;
  const body = (error.data as { error?: { code?: unknown } } | null | undefined)?.error;
  return typeof body?.code === "string" && (code === undefined || body.code === code);
}
