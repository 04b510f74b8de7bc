import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleAnalysis } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { startTaskProcesses, stepsBack, type TaskProcesses, watch } from "../support/task-processes.js";

const ANALYSES = 100;
const ASKED = 10;

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("two API processes and two workers", () => {
  let world: TaskProcesses;
  beforeAll(async () => {
    world = await startTaskProcesses({ apis: 2, workers: 2 });
  }, 60_000);
  afterAll(() => world?.stop());

  it("make of 1,000 calls over 100 analyses one computation per data version, and lose none (B10)", async () => {
    const { service, clientOf, databaseUrl } = world;
    const ids = Array.from({ length: ANALYSES }, (_, i) => `many-${i}`);
    // A user may hold five streams open: each analysis has an owner of its own.
    const owners = await Promise.all(
      ids.map(async (id) => ({ id, apis: [await clientOf(id, 0), await clientOf(id, 1)] as const })),
    );
    await Promise.all(
      owners.map(({ id, apis: [peg] }) => peg.analysis.create.mutate(sampleAnalysis({ id }))),
    );
    const askForAll = async () => {
      const answers = await Promise.all(
        owners.map(({ id, apis }) =>
          Promise.all(
            Array.from({ length: ASKED }, (_, i) =>
              (apis[i % 2] as (typeof apis)[0]).pegComparison.get.query({ id, async: true }),
            ),
          ),
        ),
      );
      const watched = owners.map(({ id, apis }, i) => watch(apis[i % 2] as (typeof apis)[0], id));
      await Promise.all(watched.map(({ ended }) => ended));
      for (const { states, ids: eventIds } of watched) {
        expect(states.at(-1)).toMatchObject({ status: "COMPLETED", progress: 100 });
        expect(stepsBack(states)).toEqual([]);
        expect(new Set(eventIds).size).toBe(eventIds.length);
      }
      return answers;
    };

    const answers = await askForAll();
    expect(service.calls).toBe(ANALYSES);
    for (const asked of answers) {
      // Who came too late for the task got what it made.
      const tasks = asked.flatMap((answer) => (answer.status === "COMPLETED" ? [] : [answer.task_id]));
      expect(new Set(tasks).size).toBe(1);
    }
    // The second version of half of them.
    const replaced = owners.filter((_, i) => i % 2 === 0);
    for (const { id, apis } of replaced) {
      await apis[1].analysis.replaceData.mutate({ ...sampleAnalysis({ factor: 0.5 }), id, data_version: 1 });
    }
    await askForAll();
    expect(service.calls).toBe(ANALYSES + replaced.length);
    for (const { id, apis } of replaced.slice(0, 10)) {
      const answer = await apis[0].pegComparison.get.query({ id });
      if (answer.status !== "COMPLETED") throw new Error("it was computed");
      expect(answer.data.summary.weighted_avg_change).toBeLessThan(0);
    }

    const sql = postgres(databaseUrl, { max: 1 });
    const tasks = await sql`select status, count(*)::int as n from peg_comparison_tasks group by 1`;
    const jobs = await sql`select state::text, count(*)::int as n from pgboss.job group by 1`;
    await sql.end();
    expect([...tasks]).toEqual([{ status: "COMPLETED", n: ANALYSES + replaced.length }]);
    expect([...jobs]).toEqual([{ state: "completed", n: ANALYSES + replaced.length }]);
  }, 120_000);
});
