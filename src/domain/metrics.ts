import type { ErrorCode } from "../contract/errors.js";

/** Where an answer was found: a tier of this process, Redis, or Postgres. */
export const CACHE_TIERS = ["hot", "warm", "cold", "redis", "database"] as const;
export type CacheTier = (typeof CACHE_TIERS)[number];

/** How an attempt to compute ended: `superseded` where another process took over. */
export const ATTEMPT_OUTCOMES = ["completed", "failed", "handed_back", "superseded"] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Why a token was not taken. */
export const TOKEN_REFUSALS = [
  "form",
  "signature",
  "claims",
  "expired",
  "clock",
  "no_key",
  "keys_away",
  "too_many",
] as const;
export type TokenRefusal = (typeof TOKEN_REFUSALS)[number];

/** What the job queue could not do. */
export const QUEUE_OPERATIONS = ["fetch", "complete", "fail", "renew", "upkeep"] as const;
export type QueueOperation = (typeof QUEUE_OPERATIONS)[number];

/**
 * What this process counts and measures of its own work. Each label comes from a closed set, never from a caller: ids
 * and paths would make a series each.
 */
export interface Metrics {
  /** @param endpoint a procedure, the template of a REST route, or `unknown` */
  request(method: string, endpoint: string, status: number, seconds: number): void;
  /** A call that was refused before anything was done for it, because there was too much to do. */
  requestShed(): void;
  /** @param outcome `ok`, or the code of the error */
  mcpCall(outcome: "ok" | ErrorCode, seconds: number): void;
  cacheHit(tier: CacheTier): void;
  cacheMiss(): void;
  /** @param limit the name of the rule that refused, or of the class of a call that passed */
  limitDecision(limit: string, decision: "allowed" | "refused"): void;
  /** A visit that was decided in process because Redis was away. */
  redisFallback(): void;
  tokenRefused(reason: TokenRefusal): void;
  computation(outcome: AttemptOutcome, seconds: number): void;
  queueFailure(operation: QueueOperation): void;
  /** A nonce was used up. @param kind a value of a record, or a whole cache entry: they have keys of their own */
  sealed(keyId: string, kind: "record" | "entry"): void;
}

/** For what runs without anybody who looks. */
export const noMetrics: Metrics = {
  request: () => {},
  requestShed: () => {},
  mcpCall: () => {},
  cacheHit: () => {},
  cacheMiss: () => {},
  limitDecision: () => {},
  redisFallback: () => {},
  tokenRefused: () => {},
  computation: () => {},
  queueFailure: () => {},
  sealed: () => {},
};

/** How many jobs a queue holds, and how long the oldest of those that could run has waited. */
export interface QueueState {
  queue: string;
  waiting: number;
  /** That have nothing to do yet. */
  putOff: number;
  active: number;
  /** Seconds; 0 where none waits. */
  lag: number;
}

/** What is looked at when metrics are read, and not before. */
export interface Readings {
  circuit(): "closed" | "open" | "half-open";
  redis(): "ready" | "away";
  openStreams(): number;
  /** Uses of the pool: those beyond its size wait. */
  pool(): { size: number; inUse: number };
  /** Rejects where the database does not answer. */
  queues(): Promise<QueueState[]>;
  /** Seconds since the oldest task without an end was begun; 0 where each has one. Rejects as above. */
  oldestTask(): Promise<number>;
  /** Whether every change that another process announces is heard here. */
  hearing(): boolean;
  /** Whether the keys that tokens are checked by could not be fetched when that was last tried. */
  tokenKeysAway(): boolean;
}
