import { describe, expect, test } from "vitest";
import { hasPostgres, hasRedis, hasRedisServer } from "../../support/database.js";
import { cliIsBuilt } from "../../support/process.js";
import { copyWith } from "../edited-copy.js";
import { CONTROL, PLANTED_BUGS, type PlantedBug } from "./planted-bugs.js";
import { describeReport, runHistory } from "./run-history.js";

/** Within which the checker has to see a bug; mostly it takes seconds. */
const FOUND_WITHIN_S = 120;
const CONTROL_S = Number(process.env.HISTORY_SECONDS ?? 8);
const SEED = Number(process.env.HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Of one seed; some lead to a bug late, or past it. */
const SEED_S = 40;

async function run({ edits, history }: PlantedBug, seconds: number, seed = SEED) {
  return runHistory({ ...history, seed, seconds, copy: copyWith(edits), untilViolation: true });
}

/** Runs seed after seed until something is seen. */
async function look(bug: PlantedBug) {
  let left = FOUND_WITHIN_S;
  for (let seed = SEED; ; seed++) {
    const report = await run(bug, Math.min(SEED_S, left), seed);
    left -= report.seconds;
    if (report.violations.length || left < 1) return report;
  }
}

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis || !hasRedisServer)(
  "the history checker sees",
  () => {
    test.each(PLANTED_BUGS)("$name", { timeout: (FOUND_WITHIN_S + 120) * 1000 }, async (bug) => {
      const report = await look(bug);
      const told = describeReport(report);
      console.log(`${bug.name}: after ${report.seconds} s, ${report.violations[0]?.kind}`);
      expect(report.violations, told).not.toEqual([]);
      for (const { kind } of report.violations) expect(bug.shows, told).toContain(kind);
    });

    test("nothing wrong in short leases alone", { timeout: (CONTROL_S + 120) * 1000 }, async () => {
      const report = await run(CONTROL, CONTROL_S);
      expect(report.violations, describeReport(report)).toEqual([]);
    });
  },
);
