import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { twoFreePorts } from "../support/ports.js";
import { cliIsBuilt, startCli, type TestProcess } from "../support/process.js";

const LIMIT = 10;

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("two processes that share a port", () => {
  const closers: (() => Promise<unknown>)[] = [];
  let server: TestProcess;
  let url = "";
  let pids: number[] = [];
  let metricsPort = 0;

  beforeAll(async () => {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    closers.push(
      () => database.drop(),
      () => redis.stop(),
    );
    metricsPort = await twoFreePorts();
    server = startCli(["serve"], {
      ...TEST_ENV,
      LOG_LEVEL: "info",
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      MCP_URL: "http://127.0.0.1:9",
      RATE_LIMIT_GET: `${LIMIT}/1m`,
      WEB_CONCURRENCY: "2",
      METRICS_PORT: String(metricsPort),
    });
    const [line] = await server.waitForLine(/^.*2 processes listening.*$/, 60_000);
    ({ url, pids } = JSON.parse(line) as { url: string; pids: number[] });
  });
  afterAll(async () => {
    await server?.kill("SIGKILL").catch(() => undefined);
    for (const close of closers) await close();
  });

  /** On a connection of its own, which any process may get. */
  const ask = async (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: {
        ...(init.headers as Record<string, string> | undefined),
        authorization: `Bearer ${await tokenFor("alice")}`,
        connection: "close",
      },
    });

  /** How many requests each process counted. */
  const counts = () =>
    Promise.all(
      [0, 1].map(async (place) => {
        const text = await (await fetch(`http://127.0.0.1:${metricsPort + place}/metrics`)).text();
        const lines = text.matchAll(/^peg_comparison_requests_total\{.*\} (\d+)$/gm);
        return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
      }),
    );

  test("both answer, by one count of a user's calls", async () => {
    const created = await ask("/api/analysis/results", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(sampleAnalysis({ id: "shared" })),
    });
    expect(created.status).toBe(201);
    const statuses: number[] = [];
    for (let i = 0; i < LIMIT + 5; i++)
      statuses.push((await ask("/api/analysis/results/shared/peg-comparison?async=true")).status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    const counted = await counts();
    expect(Math.min(...counted)).toBeGreaterThan(0);
    expect(counted.reduce((sum, count) => sum + count)).toBe(LIMIT + 6);
    expect((await ask("/metrics")).status).toBe(404);
  });

  test("one that is killed is replaced, and the other one answers meanwhile", async () => {
    expect(new Set(pids).size).toBe(2);
    process.kill(pids[0] as number, "SIGKILL");
    await server.waitForLine(/a server process died, and is replaced/);
    expect((await ask("/healthz")).status).toBe(200);
    const back = async () =>
      (await fetch(`http://127.0.0.1:${metricsPort}/readyz`).catch(() => undefined))?.ok;
    await expect.poll(back, { timeout: 30_000 }).toBe(true);
  });

  test("all end with the one that was started", async () => {
    expect(await server.kill("SIGTERM", 30_000)).toEqual({ code: 0, signal: null });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});

describe.skipIf(!cliIsBuilt)("several processes", () => {
  test("are refused for the embedded database, by a word that tells what to do", async () => {
    const refused = startCli(["serve"], { ...TEST_ENV, WEB_CONCURRENCY: "2" });
    expect((await refused.waitForExit()).code).not.toBe(0);
    expect(refused.stderr).toContain("WEB_CONCURRENCY: more than 1 needs DATABASE_URL");
  });
});
