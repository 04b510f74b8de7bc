import { Redis as IoRedis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPegError } from "../../src/client/index.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { PLENTY } from "../support/faces.js";

describe.skipIf(!hasPostgres || !hasRedis)("two backends on one Redis", () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let redis: Awaited<ReturnType<typeof createTestRedis>>;
  let service: TestAnalysisService;
  let raw: IoRedis;
  let backends: [TestBackend, TestBackend];
  beforeAll(async () => {
    [database, redis, service] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      startAnalysisService(),
    ]);
    raw = new IoRedis(redis.url);
    const env = {
      ...PLENTY,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      MCP_URL: service.url,
      MCP_RETRIES: "0",
    };
    backends = [await startBackend(env), await startBackend(env)];
  });
  afterAll(async () => {
    for (const backend of backends ?? []) await backend.stop();
    raw?.disconnect();
    await service?.stop();
    await Promise.all([database?.drop(), redis?.stop()]);
  });

  const codeOf = (error: unknown) => (isPegError(error) ? error.data.error.code : String(error));

  test("keep no absence and no failure: what is there a moment later is found at once (C10)", async () => {
    const [one, other] = backends;
    const id = "created-later";
    const operators = await Promise.all(
      backends.map((backend) => backend.clientOf("operator", { scope: "peg:admin" })),
    );
    const mallory = await other.clientOf("mallory");
    const get = (i: number) => operators[i]?.pegComparison.get.query({ id }).catch(codeOf);
    for (const i of [0, 1]) {
      expect(await get(i)).toBe("ANALYSIS_NOT_FOUND");
      expect(await operators[i]?.analysis.byId.query({ id }).catch(codeOf)).toBe("ANALYSIS_NOT_FOUND");
    }
    expect(await mallory.pegComparison.get.query({ id }).catch(codeOf)).toBe("PERMISSION_DENIED");
    const owner = await one.clientOf("owner");
    await owner.analysis.create.mutate(sampleAnalysis({ id }));
    expect(await operators[1]?.analysis.byId.query({ id })).toMatchObject({ id });

    service.misbehaveAlways((response) => response.writeHead(500).end());
    for (const i of [0, 1]) expect(await get(i)).toBe("MCP_PROCESSING_ERROR");
    service.behave();
    for (const i of [1, 0]) expect(await get(i)).toMatchObject({ status: "COMPLETED", cached: i === 0 });

    await owner.permission.grant.mutate({ id, user_id: "mallory", permission_type: "read" });
    expect(await mallory.pegComparison.get.query({ id })).toMatchObject({ status: "COMPLETED" });
  });

  test("lose all of Redis under load, and the analysis service does not notice (C12)", async () => {
    const alice = await Promise.all(backends.map((backend) => backend.clientOf("alice")));
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await alice[0]?.analysis.create.mutate(sampleAnalysis()))?.id ?? ""),
    );
    for (const id of ids) await alice[0]?.pegComparison.get.query({ id });
    const before = service.calls;
    const asked = Array.from({ length: 120 }, async (_, i) => {
      if (i % 20 === 10) await raw.flushall();
      const id = ids[i % ids.length] as string;
      return alice[i % 2]?.pegComparison.get.query({ id });
    });
    for (const answer of await Promise.all(asked))
      expect(answer).toMatchObject({ status: "COMPLETED", cached: true });
    expect(service.calls - before).toBe(0);
    // Of those that were never computed each is, once.
    const fresh = await alice[0]?.analysis.create.mutate(sampleAnalysis());
    const first = Array.from({ length: 40 }, async (_, i) => {
      if (i === 20) await raw.flushall();
      return alice[i % 2]?.pegComparison.get.query({ id: fresh?.id ?? "" });
    });
    await Promise.all(first);
    expect(service.calls - before).toBe(1);
  });
});
