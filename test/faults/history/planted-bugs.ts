import type { Edit } from "../edited-copy.js";
import type { ViolationKind } from "./operations.js";
import type { HistoryOptions } from "./run-history.js";
import { USUAL } from "./usual.js";

/** A bug as one may slip in, with a history in which it shows soon. */
export interface PlantedBug {
  name: string;
  edits: readonly Edit[];
  /** Any of these gives it away. */
  shows: readonly ViolationKind[];
  history: Omit<HistoryOptions, "seed" | "seconds" | "copy">;
}

const { workload } = USUAL;
const calm: HistoryOptions["faults"] = { ...USUAL.faults, weights: {} };
const reads = { get: 30, batch: 4, summary: 4 };

/** Leases so short that slow computations lose them: rightly, and harmless as long as late results are refused. */
const SHORT_LEASE: Edit = {
  file: "domain/comparison/computation-lease.js",
  from: "const LEASE_MS = 15_000;",
  to: "const LEASE_MS = 500;",
};

const losingLeases: PlantedBug["history"] = {
  ...USUAL,
  workload: { ...workload, weights: { ...reads, async: 4, replace: 15 }, uncachedShare: 0.6 },
  pace: { usualMs: 20, slowMs: 1_500, slowShare: 0.4 },
  faults: calm,
  // Less than the lease: what is seen of a run is when it reached the analysis service, on a busy machine late.
  leaseMs: 100,
};

/** What nothing is wrong with: that short leases alone break no promise. */
export const CONTROL: PlantedBug = {
  name: "short leases and nothing else",
  edits: [SHORT_LEASE],
  shows: [],
  history: losingLeases,
};

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "a missing fence",
    edits: [
      SHORT_LEASE,
      {
        file: "domain/comparison/stored-comparison.js",
        from: "if (!mine.length)\n            throw new Fenced();",
        to: "",
      },
    ],
    shows: ["doubled effect"],
    history: losingLeases,
  },
  {
    name: "a permission cached past its revoke",
    edits: [
      {
        file: "domain/permission/standing-cache.js",
        from: "held?.generation === generation ? held.standing : undefined",
        to: "held?.standing",
      },
    ],
    shows: ["read after an acknowledged revoke"],
    history: {
      ...USUAL,
      // Few, so that what a process holds of a reader is not dropped for a change of another's before it is asked.
      // And unhurried: a Redis that is too slow counts as away, and then nothing is answered from memory.
      workload: { ...workload, slots: 2, readers: 1, weights: { get: 40, grant: 6, revoke: 6 }, thinkMs: 20 },
      faults: { weights: { "notices-slow": 1 }, lastsMs: [2_000, 3_000], calmMs: [0, 100] },
    },
  },
  {
    name: "a set after invalidate",
    edits: [
      {
        file: "domain/comparison/answer-cache.js",
        from: "answer.revision !== revision || ",
        to: "",
      },
      {
        // No bug by itself: it makes the moment long enough to be met.
        file: "domain/comparison/find-answer.js",
        from: "services.answers.put(plan.type, analysisId, held);",
        to: "await new Promise((resolve) => setTimeout(resolve, 20));\nservices.answers.put(plan.type, analysisId, held);",
      },
    ],
    // Descriptions lie in the same cache: of an old one nobody can tell whether it is stale, or the write was lost.
    shows: ["stale comparison", "lost acknowledged write"],
    history: {
      ...USUAL,
      // Few analyses that are read all the time while they are replaced. Nothing is slow: the race alone shows it.
      workload: {
        ...workload,
        slots: 1,
        readers: 1,
        weights: { get: 40, replace: 8, grant: 4 },
        uncachedShare: 0,
        thinkMs: 0,
      },
      pace: { usualMs: 3, slowMs: 0, slowShare: 0 },
      faults: calm,
    },
  },
  {
    name: "a double run",
    edits: [
      {
        file: "domain/comparison/computation-lease.js",
        from: "setWhere: lt(pegComparisonTasks.leaseUntil, sql `now()`),",
        to: "",
      },
    ],
    shows: ["doubled effect"],
    history: {
      ...USUAL,
      workload: { ...workload, weights: { ...reads, replace: 15 } },
      pace: { usualMs: 300, slowMs: 0, slowShare: 0 },
      faults: calm,
    },
  },
  {
    name: "a lost NOTIFY",
    edits: [
      {
        file: "domain/apply-change.js",
        from: 'await announce(tx, { kind: "analysis", id: analysisId });',
        to: "",
      },
    ],
    // What `look` tells is of the same state: as above, of an old one nobody can tell which of the two it is.
    shows: ["read after an acknowledged revoke", "stale comparison", "lost acknowledged write"],
    history: {
      ...USUAL,
      // One process cannot reach Redis and the other one can: only by NOTIFY does that learn what this one changed.
      // Many analyses, so that no later change of the same hides it.
      workload: {
        ...workload,
        clients: 16,
        slots: 12,
        weights: { get: 60, replace: 3, grant: 3, revoke: 3 },
      },
      faults: { weights: { "redis-refused": 1 }, lastsMs: [9_000, 10_000], calmMs: [300, 600] },
    },
  },
  {
    name: "a limit counted per request",
    edits: [
      {
        file: "trpc/middleware/limits.js",
        from: "const request = { userId, rules,",
        // Of each batch the first call alone is charged to its user.
        to: "const charged = limitDecisions.asked ? crypto.randomUUID() : (limitDecisions.asked = userId);\nconst request = { userId: charged, rules,",
      },
    ],
    shows: ["limit exceeded"],
    history: { ...USUAL, workload: { ...workload, clients: 2 }, faults: calm },
  },
];
