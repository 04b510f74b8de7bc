import { ERRORS, type ErrorCode, type ErrorDetail } from "../contract/errors.js";
import { inEnglish, type Message } from "../contract/words.js";

/** One field, row or PEG at fault, and what to do about it in any language. */
export interface DetailWords {
  path: string;
  message: Message;
}

export interface PegErrorOptions {
  details?: readonly DetailWords[] | undefined;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  /** Another attempt may do better, whatever the code says: for those who make attempts, not for the caller. */
  passing?: boolean;
  /** Nothing was even tried: for those who count attempts. */
  untried?: boolean;
  cause?: unknown;
}

/**
 * An error that a caller may see: its code is from the contract, its words are safe to send. `message` and `details`
 * are in English; whoever answers translates the words. What must stay in the log goes into `cause`.
 */
export class PegError extends Error {
  override readonly name = "PegError";
  readonly details: ErrorDetail[] | undefined;
  readonly detailWords: readonly DetailWords[] | undefined;
  readonly retryAfter: number | undefined;
  readonly passing: boolean;
  readonly untried: boolean;

  constructor(
    readonly code: ErrorCode,
    readonly words: Message,
    options: PegErrorOptions = {},
  ) {
    super(inEnglish(words), options.cause === undefined ? undefined : { cause: options.cause });
    this.detailWords = options.details;
    this.details = options.details?.map(({ path, message }) => ({ path, message: inEnglish(message) }));
    this.retryAfter = options.retryAfter;
    this.passing = options.passing ?? false;
    this.untried = options.untried ?? false;
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

/** Nothing is wrong but that the database cannot be had now. */
export function databaseAway(cause: unknown): PegError {
  return new PegError("SERVICE_UNAVAILABLE", "The database cannot be reached. Try again soon.", {
    retryAfter: 5,
    cause,
  });
}

/** This process stops; another one goes on. */
export function serverStops(cause?: unknown): PegError {
  return new PegError("SERVICE_UNAVAILABLE", "The server is stopping. Connect again.", {
    retryAfter: 1,
    cause,
  });
}

/** A job cannot be seen to yet, through no fault of its own: it comes again, and this was none of its runs. */
export class PutOff extends Error {
  override readonly name = "PutOff";

  constructor(
    readonly seconds: number,
    readonly reason: "elsewhere" | "no room" | "service away" | "other version" | "failed",
  ) {
    super(`to be tried again in ${seconds} s: ${reason}`);
  }
}

/** The data was replaced or deleted meanwhile: whatever was computed is of no use. */
export class DataMovedError extends Error {
  override readonly name = "DataMovedError";

  constructor(readonly words: Message) {
    super(inEnglish(words));
  }
}
