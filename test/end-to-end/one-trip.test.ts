import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { startUpstashServer, type UpstashServer } from "../support/upstash-server.js";

describe.skipIf(!hasPostgres || !hasRedis)("what a get costs", () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let redis: Awaited<ReturnType<typeof createTestRedis>>;
  let upstash: UpstashServer;
  let service: TestAnalysisService;
  let backends: TestBackend[];

  beforeAll(async () => {
    [database, redis, service] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      startAnalysisService(),
    ]);
    upstash = await startUpstashServer({ redisUrl: redis.url });
    const env = {
      DATABASE_URL: database.url,
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: upstash.token,
      MCP_URL: service.url,
      RATE_LIMIT_GET: "1000/1m",
    };
    backends = [await startBackend(env), await startBackend(env)];
  });
  afterAll(async () => {
    for (const backend of backends ?? []) await backend.stop();
    await upstash?.stop();
    await service?.stop();
    await Promise.all([database?.drop(), redis?.stop()]);
  });

  const POLL = { timeout: 10_000, interval: 20 };

  async function counted(backend: TestBackend, work: () => Promise<unknown>) {
    upstash.resetCounts();
    backend.queries.length = 0;
    const calls = service.calls;
    await work();
    return { redis: upstash.requests, postgres: backend.queries.length, service: service.calls - calls };
  }

  test("one request to Redis and no query where it is cached in process", async () => {
    const [backend] = backends as [TestBackend, TestBackend];
    const alice = await backend.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    await alice.pegComparison.get.query({ id });
    const ask = async () => {
      expect(await alice.pegComparison.get.query({ id })).toMatchObject({ cached: true });
    };
    // That the analysis is new is announced to this process too, which on a busy machine hears it after the first get.
    await expect.poll(() => counted(backend, ask), POLL).toEqual({ redis: 1, postgres: 0, service: 0 });
    expect(upstash.commandNames).toEqual(["EVALSHA", "GET"]);
  });

  test("one request to Redis and one query where another process filled the cache", async () => {
    const [first, second] = backends as [TestBackend, TestBackend];
    const alice = await first.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    const computed = await alice.pegComparison.get.query({ id });
    const elsewhere = await second.clientOf("alice");
    const cost = await counted(second, async () => {
      expect(await elsewhere.pegComparison.get.query({ id })).toEqual({ ...computed, cached: true });
    });
    // The query proves the permission, which this process does not know yet.
    expect(cost).toEqual({ redis: 1, postgres: 1, service: 0 });
    await expect
      .poll(() => counted(second, () => elsewhere.pegComparison.get.query({ id })), POLL)
      .toEqual({ redis: 1, postgres: 0, service: 0 });
  });

  test("one call to the analysis service for 50 first callers in each of two processes", async () => {
    const owner = await (backends[0] as TestBackend).clientOf("alice");
    const { id } = await owner.analysis.create.mutate(sampleAnalysis());
    const before = service.calls;
    const clients = await Promise.all(
      backends.flatMap((backend, place) =>
        Array.from({ length: 50 }, (_, i) =>
          backend.clientOf(`operator-${place}-${i}`, { scope: "peg:admin" }),
        ),
      ),
    );
    const answers = await Promise.all(clients.map((client) => client.pegComparison.get.query({ id })));
    expect(service.calls - before).toBe(1);
    expect(answers.filter((answer) => answer.status === "COMPLETED" && !answer.cached)).toHaveLength(1);
    expect(
      new Set(answers.map((answer) => JSON.stringify("data" in answer && answer.data.summary))).size,
    ).toBe(1);
  });

  test("a failure of one computation is told to those who waited in the other process, and ends there", async () => {
    const owner = await (backends[0] as TestBackend).clientOf("alice");
    const { id } = await owner.analysis.create.mutate(sampleAnalysis());
    service.misbehaveAlways((response) => response.writeHead(400).end("{}"));
    const clients = await Promise.all(
      backends.map((backend, i) => backend.clientOf(`failing-${i}`, { scope: "peg:admin" })),
    );
    const failures = await Promise.allSettled(
      clients.map((client) => client.pegComparison.get.query({ id })),
    );
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    service.behave();
    expect(await owner.pegComparison.get.query({ id })).toMatchObject({ cached: false });
  });

  test("never a search through keys, whatever is done (C13)", async () => {
    const [backend] = backends as [TestBackend, TestBackend];
    upstash.resetCounts();
    const alice = await backend.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    await alice.pegComparison.get.query({ id });
    await alice.pegComparison.summary.query({ id });
    await alice.analysis.list.query({});
    await alice.permission.grant.mutate({ id, user_id: "bob", permission_type: "read" });
    await alice.permission.revoke.mutate({ id, user_id: "bob", permission_type: "read" });
    await alice.analysis.replaceData.mutate({ ...sampleAnalysis(), id, data_version: 1 });
    await alice.pegComparison.get.query({ id });
    await alice.analysis.delete.mutate({ id });
    const allowed = ["EVALSHA", "EVAL", "GET", "SET", "DEL"];
    expect(upstash.commandNames.length).toBeGreaterThan(10);
    expect(upstash.commandNames.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test("no answer of another analysis, however alike the ids are (C7)", async () => {
    const [backend] = backends as [TestBackend, TestBackend];
    const alice = await backend.clientOf("alice");
    const ids = [
      "c7",
      "c7:peg_comparison",
      "peg_comparison:c7",
      "peg_comparison:peg_comparison:c7",
      "c7:",
      ":c7",
      "C7",
    ];
    for (const [i, id] of ids.entries())
      await alice.analysis.create.mutate(sampleAnalysis({ id, factor: i + 2 }));
    for (let round = 0; round < 2; round++) {
      for (const [i, id] of ids.entries()) {
        expect(await alice.pegComparison.get.query({ id })).toMatchObject({
          cached: round === 1,
          data: { analysis_id: id, summary: { weighted_avg_change: expect.closeTo((i + 1) * 100, 9) } },
        });
      }
    }
  });

  test("nothing of a user or a cell stands in Redis", async () => {
    const [backend] = backends as [TestBackend, TestBackend];
    const canary = await backend.clientOf("canary-user-4711");
    const analysis = sampleAnalysis();
    for (const row of analysis.stats) row.cell_id = "canary-cell-4711";
    const { Redis } = await import("ioredis");
    const raw = new Redis(redis.url);
    let keys: string[] = [];
    /** Which answers of a new analysis stand there. On a busy machine Redis may be too slow to be waited for. */
    const stored = async (): Promise<string[]> => {
      const { id } = await canary.analysis.create.mutate(analysis);
      await canary.pegComparison.get.query({ id });
      await canary.pegComparison.summary.query({ id });
      await canary.analysis.byId.query({ id });
      keys = await raw.keys("*");
      const types = ["peg_comparison", "summary_stats", "metadata"];
      return types.filter((type) => keys.includes(`peg_comparison:${type}:${id}`));
    };
    await expect.poll(stored, { timeout: 30_000 }).toEqual(["peg_comparison", "summary_stats", "metadata"]);
    const values = await Promise.all(
      keys.map(async (key) =>
        (await raw.type(key)) === "list" ? (await raw.lrange(key, 0, -1)).join() : raw.get(key),
      ),
    );
    // Of what is gone by now it is -2.
    const withoutEnd = (
      await Promise.all(keys.map(async (key) => [key, await raw.pttl(key)] as const))
    ).filter(([, ttl]) => ttl === -1);
    raw.disconnect();
    expect(JSON.stringify([keys, values])).not.toMatch(/canary/);
    expect(withoutEnd).toEqual([]);
  });
});
