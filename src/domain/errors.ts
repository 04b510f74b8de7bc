import { ERRORS, type ErrorCode, type ErrorDetail } from "../contract/errors.js";

export interface PegErrorOptions {
  details?: ErrorDetail[];
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  cause?: unknown;
}

/**
 * An error that a caller may see: its code is from the contract, its message is safe to send.
 * What must stay in the log goes into `cause`.
 */
export class PegError extends Error {
  override readonly name = "PegError";
  readonly details: ErrorDetail[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: PegErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** One answer for all who may not: it does not tell whether the analysis exists. */
export function permissionDenied(): PegError {
  return new PegError(
    "PERMISSION_DENIED",
    "You have no permission for this. Ask an admin of the analysis to grant it.",
  );
}

export function analysisNotFound(): PegError {
  return new PegError("ANALYSIS_NOT_FOUND", "There is no such analysis. Check its id.");
}

/** The data was replaced or deleted meanwhile: whatever was computed is of no use. */
export class DataMovedError extends Error {
  override readonly name = "DataMovedError";
}
