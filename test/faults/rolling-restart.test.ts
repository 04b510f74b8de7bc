import { describe, expect, test } from "vitest";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { runRollingRestart } from "../support/rolling-restart.js";

const SECONDS = Number(process.env.ROLLING_SECONDS ?? 900);

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("fifteen minutes of load", () => {
  test("with a process replaced every 20 s lose no call, no stream and no task (F5)", {
    timeout: (SECONDS + 180) * 1000,
  }, async () => {
    // As the image has them.
    const report = await runRollingRestart({
      seconds: SECONDS,
      everyMs: 20_000,
      keepAliveMs: 5_000,
      drainMs: 7_000,
      heldMs: 9_000,
    });
    console.log(JSON.stringify(report, null, 2));
    expect(report.errors).toEqual([]);
    expect(report.badExits).toEqual([]);
    expect(report.streamsWithResult).toBe(report.streams);
    expect(report.streamsResumed).toBeGreaterThan(0);
    expect(Object.keys(report.tasks)).toEqual(["COMPLETED"]);
  });
});
