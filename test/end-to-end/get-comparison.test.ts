import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isPegError, type PegClient } from "../../src/client/index.js";
import { pegComparisonGetOutput, pegComparisonSummaryOutput } from "../../src/contract/comparison.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { startUpstashServer } from "../support/upstash-server.js";

interface Parts {
  env: Record<string, string>;
  release(): Promise<void>;
}

async function embedded(): Promise<Parts> {
  return { env: {}, release: async () => undefined };
}

async function postgresAndRedis(): Promise<Parts> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  return {
    env: { DATABASE_URL: database.url, REDIS_URL: redis.url },
    release: async () => {
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

async function postgresAndUpstash(): Promise<Parts> {
  const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  const upstash = await startUpstashServer({ redisUrl: redis.url });
  return {
    env: {
      DATABASE_URL: database.url,
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: upstash.token,
    },
    release: async () => {
      await upstash.stop();
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

async function postgresAlone(): Promise<Parts> {
  const database = await createTestDatabase();
  return { env: { DATABASE_URL: database.url }, release: () => database.drop() };
}

const real = hasPostgres && hasRedis;

describe.each([
  { name: "the embedded parts", open: embedded, skip: false },
  { name: "PostgreSQL and Redis over TCP", open: postgresAndRedis, skip: !real },
  { name: "PostgreSQL and Redis over REST", open: postgresAndUpstash, skip: !real },
  { name: "PostgreSQL without Redis", open: postgresAlone, skip: !hasPostgres },
])("on $name", ({ open, skip }) => {
  describe.skipIf(skip)("a comparison", () => {
    let parts: Parts;
    let service: TestAnalysisService;
    let backend: TestBackend;
    let alice: PegClient;
    let users = 0;

    beforeAll(async () => {
      [parts, service] = await Promise.all([open(), startAnalysisService()]);
      backend = await startBackend({ ...parts.env, MCP_URL: service.url });
    });
    // A user of its own for each test, whose limits are untouched.
    beforeEach(async () => {
      alice = await backend.clientOf(`alice-${users++}`);
    });
    afterAll(async () => {
      await backend?.stop();
      await service?.stop();
      await parts?.release();
    });

    test("is computed once, then comes from the cache, the same but for `cached`", async () => {
      const before = service.calls;
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const first = await alice.pegComparison.get.query({ id });
      const second = await alice.pegComparison.get.query({ id });
      expect(pegComparisonGetOutput.parse(first)).toEqual(first);
      expect(first).toMatchObject({
        success: true,
        status: "COMPLETED",
        cached: false,
        mcp_version: "v2.1.0",
        data: { analysis_id: id, summary: { total_pegs: 2, improved: 2, overall_trend: "improving" } },
      });
      expect(second).toEqual({ ...first, cached: true });
      expect(service.calls - before).toBe(1);
    });

    test("comes without metadata where none is wanted", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const bareComputed = await alice.pegComparison.get.query({ id, include_metadata: false });
      const bareCached = await alice.pegComparison.get.query({ id, include_metadata: false });
      const whole = await alice.pegComparison.get.query({ id });
      expect(bareCached).toEqual({ ...bareComputed, cached: true });
      if (bareCached.status !== "COMPLETED" || whole.status !== "COMPLETED") throw new Error("not completed");
      expect(bareCached.data).not.toHaveProperty("analysis_metadata");
      expect(bareCached.data.peg_comparison_results.every((peg) => !("metadata" in peg))).toBe(true);
      expect(whole.data.peg_comparison_results.every((peg) => "metadata" in peg)).toBe(true);
      expect(whole.data.analysis_metadata?.calculated_at).toBeInstanceOf(Date);
    });

    test("with cache_ttl 0 is read from the database, and nothing of it is cached", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      await alice.pegComparison.get.query({ id, cache_ttl: 0 });
      expect(backend.runtime.services.answers.has("peg_comparison", id)).toBe(false);
      const again = await alice.pegComparison.get.query({ id, cache_ttl: 0 });
      expect(again).toMatchObject({ cached: true });
      expect(backend.runtime.services.answers.has("peg_comparison", id)).toBe(false);
    });

    test("has a summary of its own, which shares the computation", async () => {
      const before = service.calls;
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const [summary, whole] = await Promise.all([
        alice.pegComparison.summary.query({ id }),
        alice.pegComparison.get.query({ id }),
      ]);
      expect(pegComparisonSummaryOutput.parse(summary)).toEqual(summary);
      if (whole.status !== "COMPLETED") throw new Error("not completed");
      expect(summary.data.summary).toEqual(whole.data.summary);
      expect(summary.data.analysis_metadata).toEqual(whole.data.analysis_metadata);
      expect(service.calls - before).toBe(1);
      expect(await alice.pegComparison.summary.query({ id })).toEqual({ ...summary, cached: true });
    });

    test("is for those with permission, and an absent analysis answers them all the same", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      await alice.pegComparison.get.query({ id });
      const mallory = await backend.clientOf(`mallory-${users}`);
      const answers = await Promise.allSettled([
        mallory.pegComparison.get.query({ id }),
        mallory.pegComparison.get.query({ id: "no-such-analysis" }),
        mallory.pegComparison.summary.query({ id }),
        mallory.analysis.byId.query({ id }),
      ]);
      const bodies = answers.map((answer) => {
        if (answer.status === "fulfilled" || !isPegError(answer.reason)) throw new Error("was not refused");
        const { code, message } = answer.reason.data.error;
        return { code, message };
      });
      expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
      expect(bodies[0]?.code).toBe("PERMISSION_DENIED");
    });

    test("is for operators too, who are told what is absent", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const operator = await backend.clientOf(`operator-${users}`, { scope: "peg:admin" });
      expect(await operator.pegComparison.get.query({ id })).toMatchObject({ cached: false });
      const absent = await operator.pegComparison.get
        .query({ id: "absent" })
        .catch((error: unknown) => error);
      expect(isPegError(absent, "ANALYSIS_NOT_FOUND")).toBe(true);
    });

    test("of 100 callers at once is computed once, and said to be cached to all but one", async () => {
      const before = service.calls;
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const operators = await Promise.all(
        Array.from({ length: 100 }, (_, i) => backend.clientOf(`op-${users}-${i}`, { scope: "peg:admin" })),
      );
      const answers = await Promise.all(
        operators.map((operator) => operator.pegComparison.get.query({ id })),
      );
      expect(service.calls - before).toBe(1);
      expect(answers.filter((answer) => answer.status === "COMPLETED" && !answer.cached)).toHaveLength(1);
    });

    test("that has to be computed is left to a task where the caller does not wait", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const before = service.calls;
      const started = await alice.pegComparison.get.query({ id, async: true });
      expect(started).toMatchObject({ success: true, status: "PENDING", progress: 0 });
      const events: unknown[] = [];
      await new Promise<void>((resolve, reject) => {
        alice.pegComparison.watch.subscribe(
          { id },
          { onData: ({ data }) => void events.push(data.status), onError: reject, onComplete: resolve },
        );
      });
      expect(events.at(-1)).toBe("COMPLETED");
      expect(service.calls - before).toBe(1);
      const answer = await alice.pegComparison.get.query({ id, async: true });
      expect(answer).toMatchObject({ status: "COMPLETED", cached: true });
    });

    test("of data that cannot be compared says why, and is asked for anew next time", async () => {
      const oneSided = sampleAnalysis();
      oneSided.stats = oneSided.stats.filter((row) => row.period === "N");
      const { id } = await alice.analysis.create.mutate(oneSided);
      for (let i = 0; i < 2; i++) {
        const before = service.calls;
        const refused = await alice.pegComparison.get.query({ id }).catch((error: unknown) => error);
        expect(isPegError(refused, "DATA_VALIDATION_ERROR")).toBe(true);
        expect(service.calls - before).toBe(1);
      }
    });

    test("of an analysis goes with what the analysis is", async () => {
      const created = await alice.analysis.create.mutate({ ...sampleAnalysis(), name: "시험 분석" });
      const found = await alice.analysis.byId.query({ id: created.id });
      expect(found).toMatchObject({
        ...created,
        name: "시험 분석",
        rows: 12,
        pegs: 2,
        cells: 2,
        data_version: 1,
      });
      expect(found.period_info).toEqual(sampleAnalysis().period_info);
      expect(found.request_params.peg_definitions).toEqual({ PEG_000: { weight: 9 } });
      expect(await alice.analysis.byId.query({ id: created.id })).toEqual(found);
    });

    test("id that is taken is a conflict, and changes nothing", async () => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const other = await backend.clientOf(`other-${users}`);
      const refused = await other.analysis.create
        .mutate(sampleAnalysis({ id }))
        .catch((error: unknown) => error);
      expect(isPegError(refused, "CONFLICT")).toBe(true);
      expect(await other.pegComparison.get.query({ id }).catch((error: unknown) => error)).toSatisfy(
        (error) => isPegError(error, "PERMISSION_DENIED"),
      );
    });
  });
});
