import { describe, expect, test } from "vitest";
import { hasPostgres, hasRedis, hasRedisServer } from "../../support/database.js";
import { cliIsBuilt } from "../../support/process.js";
import { describeReport, runHistory } from "./run-history.js";
import { USUAL } from "./usual.js";

/** Short, as the suite is long: HISTORY_SECONDS=3600 npx vitest run --project suite test/faults/history/history */
const SECONDS = Number(process.env.HISTORY_SECONDS ?? 20);
/** Repeats a history: clients do the same and the same breaks, though the moments differ. */
const SEED = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis || !hasRedisServer)("a history under faults", () => {
  test("breaks no promise (F1)", { timeout: (SECONDS + 240) * 1000 }, async () => {
    const report = await runHistory({ ...USUAL, seed: SEED, seconds: SECONDS });
    const told = describeReport(report);
    console.log(told);
    expect(report.violations, told).toEqual([]);
    const done = (kind: string) => report.operations[kind]?.ok ?? 0;
    for (const kind of ["create", "replace", "grant", "revoke", "get", "async", "list"])
      expect(done(kind), told).toBeGreaterThan(0);
  });
});
