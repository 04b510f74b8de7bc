import type { HistoryOptions } from "./run-history.js";

/** A history as it is run in the suite, and for as long as one likes: everything happens, and anything may break. */
export const USUAL: Omit<HistoryOptions, "seed" | "seconds"> = {
  servers: 2,
  workload: {
    clients: 12,
    slots: 4,
    readers: 3,
    weights: {
      get: 30,
      batch: 6,
      async: 8,
      summary: 6,
      look: 4,
      list: 3,
      replace: 12,
      grant: 12,
      revoke: 12,
      create: 2,
      delete: 1,
    },
    thinkMs: 20,
    uncachedShare: 0.2,
  },
  pace: { usualMs: 30, slowMs: 1_500, slowShare: 0.03 },
  faults: {
    weights: {
      kill: 3,
      pause: 3,
      clock: 2,
      "database-cut": 3,
      "database-hang": 2,
      "notices-slow": 3,
      "redis-refused": 3,
      "redis-hang": 2,
      "redis-pause": 2,
      "redis-restart": 1,
      "redis-flush": 1,
      "service-away": 1,
    },
    lastsMs: [200, 2_500],
    calmMs: [300, 2_000],
  },
  limit: { calls: 10, windowMs: 2_000 },
  // Less than the product's 15 s by the longest pause, and some.
  leaseMs: 10_000,
};
