import type { Logger } from "../../domain/ports.js";

/** What the adapter tells the log: codes, numbers and request ids only, never data, names or addresses. */
export type AnalysisServiceLogger = Pick<Logger, "info" | "warn">;

/** When the circuit opens and for how long. */
export interface CircuitOptions {
  /** Failures in a row that open it (10). */
  consecutiveFailures?: number;
  /** Share of failed attempts in 10 s that opens it (0.5), once there were `ratioMinimum` attempts (20). */
  failureRatio?: number;
  ratioMinimum?: number;
  /** First wait before a probe in ms (5,000); doubles with every failed probe up to `maxWaitMs` (60,000). */
  waitMs?: number;
  maxWaitMs?: number;
}

/** Retries that may happen beside first attempts, so that an outage is not met with a multiple of the load. */
export interface RetryBudgetOptions {
  /** Most retries that can be saved up (20). */
  capacity?: number;
  /** Retries that come back a second where calls add fewer (3). */
  perSecond?: number;
  /** Retries that each call adds (0.1: 10 % of the offered load). */
  perCall?: number;
}

export interface AnalysisServiceOptions {
  /** Base address, `http:` or `https:`, without credentials; the path of the protocol is added. It may be still to come. */
  url: string | Promise<string>;
  /** Sent as `Authorization: Bearer`. */
  token?: string | undefined;
  /** Deadline of one attempt in ms, from connecting to the last byte of the body. */
  timeoutMs?: number | undefined;
  /** Deadline of a call in ms, with all attempts, waits and the check. Default: room for all attempts and waits. */
  totalTimeoutMs?: number | undefined;
  /** Deadline of a call that uses the asynchronous form, in ms (30 min). */
  asyncTimeoutMs?: number | undefined;
  /** How long such a comparison may report no progress, in ms (5 min). */
  stallMs?: number | undefined;
  /** Attempts after the first one. */
  retries?: number | undefined;
  /** Wait before the first retry in ms; doubles with every retry, full jitter. */
  retryBaseMs?: number | undefined;
  maxConnections?: number | undefined;
  /** Calls at one time; default `maxConnections`. */
  maxConcurrent?: number | undefined;
  /** Calls that may wait for one of those to end; default as many. */
  maxQueued?: number | undefined;
  /** Decoded bytes of an answer. 500,000 values make about 12 MB. */
  maxAnswerBytes?: number | undefined;
  circuit?: CircuitOptions | undefined;
  retryBudget?: RetryBudgetOptions | undefined;
  /** The compiled `codec-thread.js`. Without it big requests and answers are dealt with on the caller's event loop. */
  codecThread: URL | undefined;
  logger?: AnalysisServiceLogger | undefined;
  /** Wall clock in ms since 1970. */
  now?: (() => number) | undefined;
  /** From 0 to below 1. */
  random?: (() => number) | undefined;
  /** Waits `ms`; rejects as soon as the signal aborts. */
  sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Answers up to this size are checked where they are: a thread would cost more than it saves. */
export const INLINE_CHECK_BYTES = 256 * 1024;
/** Requests of so many samples are encoded where they are, for the same reason. */
export const INLINE_ENCODE_SAMPLES = 10_000;
/** Twice what half a million values take; more would also unfold to more memory than the checking thread has. */
export const DEFAULT_MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** For waiting in line, encoding the request and checking the answer. */
const SPARE_MS = 10_000;

/** The deadline of a call in ms that leaves room for every attempt and the longest wait before each. */
export function deriveTotalTimeout(timeoutMs: number, retries: number, retryBaseMs: number): number {
  return timeoutMs * (retries + 1) + retryBaseMs * (2 ** retries - 1) + SPARE_MS;
}
