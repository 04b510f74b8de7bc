import type { TransactionRunner } from "../db/run-sql.js";
import type { RawData } from "./analysis/raw-data.js";
import type { ComputedComparison } from "./comparison/computed-comparison.js";

export type { SqlRunner } from "../db/run-sql.js";

/** The clock that all rules read; tests set their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Time that goes by, whatever the date is set to: for what lasts a while. */
export interface SteadyClock {
  /** Milliseconds since some moment or other. */
  now(): number;
}

/** Structured log lines; fields hold no cell id, token or raw data. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ComparisonRequest {
  analysisId: string;
  data: RawData;
  algorithmVersion: string;
  /** Passed on, so that both services' logs can be joined. */
  requestId: string;
  /** The span that asks, where there is one. */
  traceparent?: string | undefined;
  /**
   * Hears what share of the comparison is done, 0 to 1, as the service reports it. Where it is set the
   * asynchronous form of the protocol is used, which may take minutes; the other one where there is no such form.
   */
  onProgress?: ((share: number) => void) | undefined;
}

/** The service that compares. */
export interface AnalysisService {
  /**
   * Compares the two periods and checks the answer against the contract.
   *
   * @throws PegError MCP_CONNECTION_FAILED, MCP_TIMEOUT, MCP_PROCESSING_ERROR; DATA_VALIDATION_ERROR where the
   * service says that the data cannot be compared
   */
  compare(request: ComparisonRequest, signal?: AbortSignal): Promise<ComputedComparison>;
  /** @throws PegError MCP_CONNECTION_FAILED where it is not to be asked now, after failures */
  check(): void;
  /** Whether it can be asked now: `open` is a circuit that waits after failures. */
  state(): "closed" | "open" | "half-open";
  close(): Promise<void>;
}

/** At most `limit` calls in any window of `windowMs`. */
export interface LimitRule {
  name: string;
  limit: number;
  windowMs: number;
}

export interface RuleState extends LimitRule {
  remaining: number;
  /** Milliseconds until the oldest counted call leaves the window; where refused, until this call would pass. */
  resetMs: number;
}

export interface LimitDecision {
  allowed: boolean;
  rules: RuleState[];
  /** The rule that refused. */
  exhausted?: RuleState | undefined;
}

/** What is kept in the shared cache, by the names of the product's key scheme. */
export const CACHE_TYPES = ["peg_comparison", "summary_stats", "metadata"] as const;
export type CacheType = (typeof CACHE_TYPES)[number];

export interface VisitRequest {
  userId: string;
  rules: readonly LimitRule[];
  /** Reads the generation of this analysis. */
  analysisId?: string | undefined;
  /** Reads the entry of this type as well. */
  entry?: CacheType | undefined;
}

export interface Visit {
  limits: LimitDecision;
  /**
   * A word that changes before any revocation, replacement or deletion is acknowledged: what was learned under
   * the same word still holds. Null where no such word can be had; then Postgres has to be asked.
   */
  generation: string | null;
  /** Whether it is forgotten soon unless it is kept: nobody who may read the analysis has asked under it. */
  unkept?: boolean | undefined;
  entry: Uint8Array | null;
}

export interface EntryToPut {
  type: CacheType;
  analysisId: string;
  value: Uint8Array;
  ttlSeconds: number;
  /** The entry is stored only while this is the generation. */
  generation: string;
}

/** One of the streams that a user holds open, in any process. */
export interface StreamPlace {
  userId: string;
  streamId: string;
}

/** What all processes share: limits, generations, and sealed answers. Redis, or this process alone. */
export interface SharedStore {
  /** Charges the limits and reads what a request needs, in one round trip. Never throws for want of a server. */
  visit(request: VisitRequest): Promise<Visit>;
  /** @returns whether it was stored: not where the generation moved, or the store is away */
  putEntry(entry: EntryToPut): Promise<boolean>;
  /**
   * Makes all that was learned about an analysis void, and its entries with it.
   *
   * @returns false where the store could not be told, though other processes may still see it
   */
  moveGeneration(analysisId: string): Promise<boolean>;
  /** Keeps a generation for days, if it is still the present one. Never throws. */
  keepGeneration(analysisId: string, generation: string): Promise<void>;
  /**
   * Takes one of a user's places for open streams, or keeps it: a place that is not kept for `ttlMs` is free again.
   *
   * @returns false where `max` others are taken
   */
  holdStream(request: StreamPlace & { max: number; ttlMs: number }): Promise<boolean>;
  /** Gives the place back. Never throws. */
  dropStream(place: StreamPlace): Promise<void>;
  /** `away`: goes on in process. */
  state(): "ready" | "away";
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Where a sealed value belongs; it opens nowhere else. */
export interface Place {
  table: string;
  record: string;
  field: string;
}

/** Encryption at rest. */
export interface Sealer {
  /** The id of the key that seals now. */
  readonly keyId: string;
  /** Whether it can open what this key sealed. */
  knows(keyId: string): boolean;
  /** @throws PegError SERVICE_UNAVAILABLE where the key was used as often as it may be */
  seal(text: string, place: Place): Promise<string>;
  /** @throws PegError SERVICE_UNAVAILABLE where the value does not open here with any key */
  open(sealed: string, place: Place): Promise<string>;
  /** Whether one of the keys opens it, wherever it belongs. */
  fits(sealed: string): Promise<boolean>;
  /**
   * Seals a whole cache entry; `context` has to be the same on opening.
   *
   * @throws PegError SERVICE_UNAVAILABLE where the key was used as often as it may be
   */
  sealBytes(bytes: Uint8Array, context: string): Uint8Array;
  /** @returns undefined for anything that does not open: a miss */
  openBytes(sealed: Uint8Array, context: string): Uint8Array | undefined;
}

/** Who a token speaks for. */
export interface TokenClaims {
  userId: string;
  scopes: readonly string[];
  expiresAt: Date;
}

export interface TokenVerifier {
  /**
   * @param token as it was sent; undefined where none was
   * @param from tells the place that the call comes from. Asked only where the token is not known to be good
   * @throws PegError API_AUTHENTICATION_ERROR, always the same one; SERVICE_UNAVAILABLE without keys to check by;
   *   API_RATE_LIMIT_EXCEEDED where too many failed in that place
   */
  verify(token: string | undefined, from?: () => string | undefined): Promise<TokenClaims>;
}

/** What a job about a task says: no more, so that nothing private lies in the queue. */
export interface TaskJob {
  taskId: string;
  /** Of the call that started it, for the logs. */
  requestId: string;
  /** The span that sent it, where there is one. */
  traceparent?: string | undefined;
}

/** Jobs that survive the process that sent them. */
export interface JobQueue {
  /**
   * Sends a job about a task, within the transaction that `run` runs in: it is there once that commits.
   *
   * @returns false where a job about this task is there already
   */
  send(run: TransactionRunner, job: TaskJob): Promise<boolean>;
  /** Forgets all jobs, within the transaction that `run` runs in: for when their tasks are replaced as a whole. */
  clear(run: TransactionRunner): Promise<void>;
}

/** One run of a job. */
export interface JobRun {
  data: unknown;
  /** Whether no retry follows. */
  last: boolean;
  /** Aborts when the worker has to stop. */
  signal: AbortSignal;
}
