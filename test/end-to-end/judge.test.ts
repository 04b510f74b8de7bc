import { afterAll, beforeAll, expect, test } from "vitest";
import type { PegClient } from "../../src/client/index.js";
import { pegComparisonGetOutput } from "../../src/contract/comparison.js";
import { startBackend, type TestBackend } from "../support/backend.js";

const HOUR = 3_600_000;
const START = Date.parse("2024-01-01T00:00:00Z");

let backend: TestBackend;
let alice: PegClient;

beforeAll(async () => {
  // The bundled one, which is asked for what judges.
  backend = await startBackend({ MCP_URL: "" });
  alice = await backend.clientOf("alice");
});
afterAll(() => backend?.stop());

test("the verdicts of the bundled service reach a caller, computed, cached and stored, and in the summary", async () => {
  const at = (hour: number) => new Date(START + hour * HOUR);
  const stats = (["N-1", "N"] as const).flatMap((period, half) =>
    Array.from({ length: 168 }, (_, hour) => ({
      kpi_name: "Drop_Rate",
      period,
      avg: (half ? 0.8 : 1) * (2 + (hour % 24) / 10 + ((hour * 7919) % 13) / 50),
      cell_id: "C1",
      timestamp: at(half * 168 + hour),
    })),
  );
  const wrong = { kpi_name: "Drop_Rate", period: "N" as const, avg: 1e6, cell_id: "C1", suspect: true };
  const peg_definitions = { Drop_Rate: { direction: "lower_is_better" as const, critical: true } };
  const { id } = await alice.analysis.create.mutate({
    stats: [...stats, { ...wrong, timestamp: at(200) }],
    request_params: { peg_definitions, time_zone: "Asia/Seoul" },
    period_info: { n1_start: at(0), n1_end: at(167), n_start: at(168), n_end: at(335) },
  });
  const computed = await alice.pegComparison.get.query({ id });
  expect(pegComparisonGetOutput.parse(computed)).toEqual(computed);
  expect(computed).toMatchObject({
    mcp_version: "v3.0.0",
    data: {
      peg_comparison_results: [
        {
          judge: {
            verdict: "improved",
            design: "paired_by_week",
            critical: true,
            n: 168,
            dropped: [{ reason: "suspect", count: 1 }],
            q: expect.any(Number),
          },
        },
      ],
      summary: { judge: { verdict: "improved", tested: 1, time_zone: "Asia/Seoul" } },
    },
  });
  expect(await alice.pegComparison.get.query({ id })).toEqual({ ...computed, cached: true });
  expect(await alice.pegComparison.get.query({ id, cache_ttl: 0 })).toEqual({ ...computed, cached: true });
  const summary = await alice.pegComparison.summary.query({ id });
  if (computed.status !== "COMPLETED") throw new Error("not completed");
  expect(summary.data.summary).toEqual(computed.data.summary);
  expect((await alice.analysis.byId.query({ id })).request_params.time_zone).toBe("Asia/Seoul");
});
