import postgres from "postgres";
import { afterEach, describe, expect, test, vi } from "vitest";
import { TEST_ENV } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt, startCli } from "../support/process.js";

/** Under which servers migrate. */
const MIGRATION_LOCK = 7_303_014;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function database(): Promise<string> {
  const { url, drop } = await createTestDatabase();
  cleanups.push(drop);
  return url;
}

describe.skipIf(!cliIsBuilt || !hasPostgres)("a server that starts", { timeout: 90_000 }, () => {
  test.each(["serve", "worker"])("hears that it is to stop: %s", async (command) => {
    const url = await database();
    const sql = postgres(url, { max: 2, onnotice: () => {} });
    cleanups.push(() => sql.end());
    const session = await sql.reserve();
    await session`select pg_advisory_lock(${MIGRATION_LOCK})`;
    const server = startCli([command], { ...TEST_ENV, LOG_LEVEL: "info", DATABASE_URL: url });
    cleanups.push(() => server.kill("SIGKILL").catch(() => undefined));
    await vi.waitFor(
      async () =>
        expect(await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`).toHaveLength(1),
      { timeout: 60_000, interval: 100 },
    );
    server.signal("SIGTERM");
    await session`select pg_advisory_unlock(${MIGRATION_LOCK})`;
    session.release();
    expect(await server.waitForExit(30_000)).toEqual({ code: 0, signal: null });
    expect(server.stderr).toContain('"msg":"stopping"');
  });

  test.skipIf(!hasRedis)("has a free port for the metrics of each process", async () => {
    const redis = await createTestRedis();
    cleanups.push(() => redis.stop());
    const server = startCli(["serve"], {
      ...TEST_ENV,
      LOG_LEVEL: "info",
      DATABASE_URL: await database(),
      REDIS_URL: redis.url,
      WEB_CONCURRENCY: "2",
      METRICS_PORT: "0",
    });
    cleanups.push(() => server.kill("SIGKILL").catch(() => undefined));
    await server.waitForLine(/2 processes listening/, 60_000);
    const addresses = await vi.waitFor(() => {
      const found = [...server.stderr.matchAll(/"operations":"(http:[^"]+)"/g)].map(([, url]) => url);
      expect(found).toHaveLength(2);
      return found;
    });
    expect(new Set(addresses).size).toBe(2);
    for (const url of addresses) expect((await fetch(`${url}/metrics`)).status).toBe(200);
  });
});
