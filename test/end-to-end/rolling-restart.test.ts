import { describe, expect, test } from "vitest";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { runRollingRestart } from "../support/rolling-restart.js";

// The fifteen minutes of it: LONG_TESTS=1 npx vitest run test/faults/rolling-restart.test.ts
describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("processes that are replaced under load", () => {
  test("lose no call, no stream and no task (F5)", { timeout: 180_000 }, async () => {
    const report = await runRollingRestart({
      seconds: 15,
      everyMs: 2_500,
      keepAliveMs: 2_000,
      // Two seconds more than connections are kept, as the settings want it.
      drainMs: 4_000,
      heldMs: 4_000,
    });
    expect(report.errors).toEqual([]);
    expect(report.badExits).toEqual([]);
    expect(report.replaced.api).toBeGreaterThan(0);
    expect(report.replaced.worker).toBeGreaterThan(0);
    expect(report.calls).toBeGreaterThan(50);
    expect(report.streams).toBeGreaterThan(3);
    expect(report.streamsWithResult).toBe(report.streams);
    expect(Object.keys(report.tasks)).toEqual(["COMPLETED"]);
  });
});
