import type { Fault } from "./tcp-proxy.js";

/** What can be wrong with the way to a dependency, as the docs call it. */
export const FAULTS = {
  refuse: { says: "refuses", fault: { kind: "refuse" } },
  hang: { says: "is a black hole", fault: { kind: "hang" } },
  reset: { says: "resets", fault: { kind: "reset" } },
  latency: { says: "answers 10 s late", fault: { kind: "latency", ms: 10_000 } },
  trickle: { says: "trickles", fault: { kind: "trickle", everyMs: 200 } },
  garbage: { says: "answers noise", fault: { kind: "garbage" } },
  cut: { says: "breaks off", fault: { kind: "cut", afterBytes: 30 } },
  flap: { says: "comes and goes", fault: { kind: "flap", everyMs: 500 } },
} as const satisfies Record<string, { says: string; fault: Fault }>;
export type FaultName = keyof typeof FAULTS;

export type Dependency =
  | "PostgreSQL"
  | "Redis"
  | "analysis service"
  | "token keys, for an hour"
  | "token keys, beyond it";

/** What is documented of some faults of a dependency, in docs/operations.md. An answer may be one of several. */
export interface FaultRow {
  dependency: Dependency;
  faults: readonly FaultName[];
  /** A comparison that is in the cache. */
  cached: string;
  /** One that has to be computed. */
  cold: string;
  /** A new analysis. */
  write: string;
  /** By a key id that is not in the last set of keys. */
  unknownKey?: string;
  readyz: string;
  /** Every answer comes within this, */
  answeredWithinMs: number;
  /** but for writes, where those take longer, */
  writtenWithinMs?: number;
  /** and all is well so long after the fault is over. */
  recoveredWithinMs: number;
}

const AWAY = "503 SERVICE_UNAVAILABLE";
const ALL = Object.keys(FAULTS) as FaultName[];
const but = (...names: FaultName[]) => ALL.filter((fault) => !names.includes(fault));

export const FAULT_TABLE: readonly FaultRow[] = [
  {
    dependency: "PostgreSQL",
    faults: but("flap"),
    // For as long as it is sure that no change was missed.
    cached: `200 or ${AWAY}`,
    cold: AWAY,
    write: AWAY,
    readyz: "503 unavailable",
    answeredWithinMs: 5_500,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "PostgreSQL",
    faults: ["flap"],
    cached: `200 or ${AWAY}`,
    cold: `200 or ${AWAY}`,
    write: `201 or ${AWAY}`,
    readyz: "200 ready or 503 unavailable",
    answeredWithinMs: 5_500,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "Redis",
    faults: ALL,
    cached: "200",
    cold: "200",
    write: "201",
    readyz: "200 degraded",
    answeredWithinMs: 2_500,
    // Until every process has heard of it from PostgreSQL.
    writtenWithinMs: 9_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "analysis service",
    faults: ["refuse", "reset", "garbage", "cut"],
    cached: "200",
    cold: "503 MCP_CONNECTION_FAILED",
    write: "201",
    readyz: "200 ready",
    answeredWithinMs: 3_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "analysis service",
    faults: ["hang", "latency", "trickle"],
    cached: "200",
    cold: "504 MCP_TIMEOUT",
    write: "201",
    readyz: "200 ready",
    answeredWithinMs: 3_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "analysis service",
    faults: ["flap"],
    cached: "200",
    cold: "200 or 503 MCP_CONNECTION_FAILED",
    write: "201",
    readyz: "200 ready",
    answeredWithinMs: 3_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "token keys, for an hour",
    faults: but("flap"),
    cached: "200",
    cold: "200",
    write: "201",
    unknownKey: AWAY,
    readyz: "200 degraded",
    answeredWithinMs: 6_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "token keys, for an hour",
    faults: ["flap"],
    cached: "200",
    cold: "200",
    write: "201",
    unknownKey: `401 API_AUTHENTICATION_ERROR or ${AWAY}`,
    readyz: "200 ready or 200 degraded",
    answeredWithinMs: 6_000,
    recoveredWithinMs: 10_000,
  },
  {
    dependency: "token keys, beyond it",
    faults: but("flap"),
    cached: AWAY,
    cold: AWAY,
    write: AWAY,
    unknownKey: AWAY,
    readyz: "503 unavailable",
    answeredWithinMs: 6_000,
    recoveredWithinMs: 10_000,
  },
];
