import { BulkheadRejectedError } from "cockatiel";
import { verbatim } from "../../contract/words.js";
import { PegError } from "../../domain/errors.js";
import { createCellMask } from "./cell-mask.js";
import type { Verdict } from "./check-answer.js";
import { CircuitOpen } from "./circuit.js";
import { CodecThreadDied } from "./codec-pool.js";
import { DeadlineReached, ServiceClosed } from "./deadline.js";
import { AttemptFailure, mayPass } from "./failure.js";

const BUSY_RETRY_SECONDS = 5;
const MAX_RETRY_SECONDS = 3600;

const UNREACHABLE =
  "The analysis service cannot be reached at the moment. Try again later; comparisons that exist already are still served.";
const TIMEOUT =
  "The analysis service did not answer in time. Try again later; fewer rows are compared faster.";
const BAD_ANSWER =
  "The analysis service answered, but not with a valid result; nothing was stored. Try again later, and tell an operator if it stays so.";

const seconds = (ms: number) => Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(ms / 1000)));

/**
 * What the caller reads, for anything that ended a call. What is not ours, such as the reason of a caller's
 * own abort, stays as it is.
 *
 * @param asked whether the service was asked at all
 * @param circuitWaitMs until the circuit lets a probe through, ms; 0 where it is not open
 */
export function toPegError(error: unknown, asked: boolean, circuitWaitMs: number): unknown {
  const connectionFailed = (waitMs: number | undefined) =>
    new PegError("MCP_CONNECTION_FAILED", UNREACHABLE, {
      cause: error,
      untried: !asked,
      ...(waitMs === undefined ? {} : { retryAfter: seconds(waitMs) }),
    });
  if (error instanceof DeadlineReached) return new PegError("MCP_TIMEOUT", TIMEOUT, { cause: error });
  if (error instanceof CircuitOpen) return connectionFailed(error.waitMs);
  if (error instanceof BulkheadRejectedError) return connectionFailed(BUSY_RETRY_SECONDS * 1000);
  if (error instanceof ServiceClosed) return connectionFailed(undefined);
  // Others' answers may have brought it to its end.
  if (error instanceof CodecThreadDied) return badAnswer(error, { passing: true });
  if (!(error instanceof AttemptFailure)) return error;

  if (error.kind === "timeout") return new PegError("MCP_TIMEOUT", TIMEOUT, { cause: error });
  if (error.kind === "unreachable") return connectionFailed(circuitWaitMs > 0 ? circuitWaitMs : undefined);
  const { status, retryAfterMs } = error.about;
  return badAnswer(error, {
    passing: status !== undefined && mayPass(status),
    ...(retryAfterMs === undefined ? {} : { retryAfter: seconds(retryAfterMs) }),
  });
}

/**
 * The error of a verdict that is not "valid".
 *
 * @param cells the ids that were sent: they are masked in what the service said
 */
export function verdictError(
  verdict: Exclude<Verdict, { kind: "valid" }>,
  cells: readonly string[],
  cause?: unknown,
): PegError {
  const mask = createCellMask(cells);
  if (verdict.kind === "bad") return badAnswer(new Error(mask(verdict.reason), { cause }));
  const details = verdict.details?.map(({ path, message }) => ({
    path: mask(path),
    message: verbatim(mask(message)),
  }));
  return new PegError("DATA_VALIDATION_ERROR", verbatim(mask(verdict.message)), {
    cause,
    ...(details ? { details } : {}),
  });
}

function badAnswer(cause: unknown, options: { passing?: boolean; retryAfter?: number } = {}): PegError {
  return new PegError("MCP_PROCESSING_ERROR", BAD_ANSWER, { cause, ...options });
}
