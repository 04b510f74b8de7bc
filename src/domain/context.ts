import type { Language } from "../contract/words.js";
import type { Database } from "../db/open.js";
import type { AnswerCache } from "./comparison/answer-cache.js";
import type { ComputationResult } from "./comparison/compute-comparison.js";
import type { FoundAnswer, FoundOrStarted } from "./comparison/find-answer.js";
import type { SingleFlight } from "./comparison/single-flight.js";
import type { Metrics } from "./metrics.js";
import type { StandingCache } from "./permission/standing-cache.js";
import type {
  AnalysisService,
  Clock,
  JobQueue,
  LimitRule,
  Logger,
  Sealer,
  SharedStore,
  TokenVerifier,
  Visit,
} from "./ports.js";
import type { Room } from "./room.js";
import type { Signals } from "./signals.js";
import type { Tracing } from "./tracing.js";

/** Who acts. */
export type Actor =
  | { kind: "anonymous" }
  | { kind: "user"; userId: string; scopes: readonly string[]; tokenExpiresAt: Date };

/** The limits that each kind of call has to pass, its own first. A store may know a list again by identity. */
export interface LimitRules {
  get: readonly [LimitRule, ...LimitRule[]];
  status: readonly [LimitRule, ...LimitRule[]];
  other: readonly [LimitRule, ...LimitRule[]];
}

/** What lives as long as the process. */
export interface Services {
  db: Database;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  /** How logs name a user. */
  nameForLog(userId: string): string | undefined;
  sealer: Sealer;
  tokens: TokenVerifier;
  analysisService: AnalysisService;
  /** What processes announce to each other. */
  changes: {
    /** Whether every change that another process announces is heard here. */
    hearing(): boolean;
    /** Resolves when each process has heard what was announced before, or knows that it does not hear. */
    settled(): Promise<void>;
  };
  /** What is heard of those changes, for whoever waits. */
  signals: Signals;
  queue: JobQueue;
  /** Streams that this process holds open, and what ends each, by its reader and its id, where another follows it. */
  streams: { open: number; replace: Map<string, () => void> };
  /** Aborts when this process begins to stop: what would go on for ever ends then. */
  stopping: AbortSignal;
  shared: SharedStore;
  limits: LimitRules;
  /** The version of the comparison that is asked for; stored ones of another version are computed anew. */
  algorithmVersion: string;
  /** How long `get` computes before it answers with a task instead, ms. */
  getDeadlineMs: number;
  answers: AnswerCache;
  standings: StandingCache;
  lookups: SingleFlight<FoundAnswer>;
  starts: SingleFlight<FoundOrStarted>;
  computations: SingleFlight<ComputationResult>;
  /** For the rows of what is being compared. */
  comparisons: Room;
  /** For what has come of large bodies that are read or wait to be stored, in bytes; nobody waits for it. */
  arriving: Room;
  /** For the texts of what is being stored, by their length. */
  uploads: Room;
}

/** What a verb is given besides its input: no request, no response. */
export interface VerbContext {
  services: Services;
  actor: Actor & { kind: "user" };
  requestId: string;
  /** Of the words in the answer. */
  language: Language;
  /** What the one trip to the shared store brought. */
  visit: Visit;
}
