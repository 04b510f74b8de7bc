import { describe, expect, test } from "vitest";
import { hasPostgres, hasRedis, hasRedisServer } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { describeReport, type HistoryOptions, runHistory } from "./history/run-history.js";
import { USUAL } from "./history/usual.js";

/** Five hundred in all take most of an hour: LONG_TESTS=1 npx vitest run test/faults/kills */
const KILLS = process.env.LONG_TESTS ? { postgres: 400, embedded: 100 } : { postgres: 5, embedded: 3 };
const SEED = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** From one kill to the next, with the start of a new process, on a machine that has much else to do. */
const SECONDS_A_KILL = 30;

const WRITING: Omit<HistoryOptions, "seed" | "seconds"> = {
  ...USUAL,
  workload: {
    ...USUAL.workload,
    weights: { create: 4, replace: 20, grant: 10, revoke: 10, delete: 3, get: 15, async: 10, look: 5 },
  },
  faults: { weights: { kill: 1 }, lastsMs: [0, 0], calmMs: [100, 1_000] },
};

async function expectNothingLost(options: Partial<HistoryOptions>, kills: number): Promise<void> {
  const seconds = kills * SECONDS_A_KILL;
  const report = await runHistory({ ...WRITING, ...options, seed: SEED, seconds, kills });
  const told = describeReport(report);
  console.log(told);
  expect(report.violations, told).toEqual([]);
  expect(report.faults.kill, told).toBeGreaterThanOrEqual(kills);
}

describe.skipIf(!cliIsBuilt)("kill -9 while it writes loses nothing that was acknowledged (F6, P1)", () => {
  const timeout = (kills: number): { timeout: number } => ({
    timeout: (kills * SECONDS_A_KILL + 180) * 1000,
  });

  test.skipIf(!hasPostgres || !hasRedis || !hasRedisServer)(
    `on PostgreSQL, ${KILLS.postgres} times`,
    timeout(KILLS.postgres),
    () => expectNothingLost({}, KILLS.postgres),
  );

  test(`on the embedded database, ${KILLS.embedded} times`, timeout(KILLS.embedded), () =>
    // Alone, it needs time to write something between two kills.
    expectNothingLost(
      { embedded: true, servers: 1, faults: { ...WRITING.faults, calmMs: [1_000, 3_000] } },
      KILLS.embedded,
    ),
  );
});
