/** How an operation ended, as far as its client knows. What is unknown may have taken effect, or may yet. */
export type Outcome = "ok" | "fail" | "unknown";

/** What an answer shows of the data that it was computed of. More than one of a kind: it is not of one piece. */
export interface Seen {
  analyses: string[];
  /** Marks of the data: each create and each replacement has one of its own. */
  marks: number[];
  /** Runs of the analysis service: each has a number of its own. */
  runs: number[];
}

interface Data {
  /** Each create and each replacement has one of its own. */
  mark: number;
  /** What it makes; `create` makes version 1. */
  version: number;
}

interface PermissionChange {
  subject: string;
  permission: "read" | "write";
}

interface Comparison {
  /** Absent where nothing or a task was answered. */
  seen?: Seen;
}

/** What is particular to each kind of operation. */
interface Work {
  create: Data;
  replace: Data;
  delete: object;
  grant: PermissionChange;
  revoke: PermissionChange;
  get: Comparison;
  /** `get` that does not wait. */
  async: Comparison;
  summary: Comparison;
  look: { version?: number };
  list: { items?: { analysis: string; version: number }[] };
  status: object;
  /** The analysis service at work, for whomever. */
  run: { mark: number; run: number };
}

export type Kind = keyof Work;

interface Common {
  id: number;
  client: string;
  user: string;
  /** Index of the process that was asked. */
  server: number;
  /** Empty for lists. */
  analysis: string;
  requestId: string;
  /** In milliseconds of one clock. */
  invokedAt: number;
  /** Infinity while it runs. */
  endedAt: number;
  outcome: Outcome;
  /** The error's code, of the API or of the connection. */
  error?: string;
}

/** One operation of one client. */
export type OperationOf<K extends Kind> = { [P in K]: Common & { kind: P } & Work[P] }[K];
export type Operation = OperationOf<Kind>;

/** Something that was done to the system, or that happened to it. */
export interface Fault {
  kind: string;
  target: string;
  startedAt: number;
  endedAt: number;
}

/** The limit that calls of kind `status` have. */
export interface Limit {
  calls: number;
  windowMs: number;
}

/** What lies in the database in the end. */
export interface FinalState {
  analyses: { analysis: string; version: number }[];
  permissions: { analysis: string; user: string; permission: string }[];
  audit: { requestId: string; analysis: string; action: string }[];
  /** How many computations were accepted, by analysis and state of its data. */
  accepted: { analysis: string; revision: string; computations: number }[];
}

export interface History {
  operations: readonly Operation[];
  faults: readonly Fault[];
  limit: Limit;
  /** After so long without a word a computation may be given to another process, rightly. */
  leaseMs: number;
  final?: FinalState;
}

/** Faults under which calls are counted by each process for itself, or counts are forgotten. */
export const UNCOUNTED = new Set(["redis-restart", "redis-flush", "redis-fallback", "counts-forgotten"]);

/** The promises, as they are broken. */
export type ViolationKind =
  | "read after an acknowledged revoke"
  | "read after an acknowledged delete"
  | "stale comparison"
  | "lost acknowledged write"
  | "doubled effect"
  | "foreign byte"
  | "limit exceeded"
  | "a process ended by itself";

export interface Violation {
  kind: ViolationKind;
  what: string;
  /** The operations that show it, in the order in which they began. */
  operations: Operation[];
}
