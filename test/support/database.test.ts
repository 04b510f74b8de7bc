import { existsSync } from "node:fs";
import { Redis } from "ioredis";
import postgres from "postgres";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createTestDatabase,
  createTestRedis,
  hasPostgres,
  hasRedis,
  hasRedisServer,
  type RedisServer,
  startRedis,
} from "./database.js";
import { startProcess } from "./process.js";

describe.skipIf(!hasPostgres)("createTestDatabase", () => {
  test("gives every caller an empty database of its own, also many at once", async () => {
    const databases = await Promise.all(Array.from({ length: 8 }, createTestDatabase));
    onTestFinished(async () => {
      await Promise.all(databases.map(({ drop }) => drop()));
    });
    expect(new Set(databases.map(({ url }) => url)).size).toBe(8);
    const clients = databases.map(({ url }) => postgres(url, { max: 1 }));
    // A table of the same name in each: it would exist already in a shared one.
    await Promise.all(clients.map((sql) => sql`CREATE TABLE mine (id int)`));
    await Promise.all(clients.map((sql) => sql.end()));
  });

  test("drops a database that is still in use", async () => {
    const database = await createTestDatabase();
    const sql = postgres(database.url, { max: 1 });
    await sql`SELECT 1`;
    await database.drop();
    await expect(sql`SELECT 1`).rejects.toThrow();
    await sql.end({ timeout: 1 });
  });
});

describe.skipIf(!hasRedis)("createTestRedis", () => {
  test("gives every caller an empty Redis of its own", async () => {
    const [first, second] = await Promise.all([createTestRedis(), createTestRedis()]);
    const [a, b] = [new Redis(first.url), new Redis(second.url)];
    onTestFinished(async () => {
      for (const redis of [a, b]) redis.disconnect();
      await Promise.all([first.stop(), second.stop()]);
    });
    await a.set("mine", "1");
    expect(await b.dbsize()).toBe(0);
  });
});

describe.skipIf(!hasRedisServer)("startRedis", () => {
  async function startWithClient(): Promise<{ server: RedisServer; redis: Redis }> {
    const server = await startRedis();
    const redis = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: 0 });
    redis.on("error", () => undefined);
    onTestFinished(async () => {
      redis.disconnect();
      await server.stop();
    });
    return { server, redis };
  }

  test("freezes on pause and goes on after resume", async () => {
    const { server, redis } = await startWithClient();
    await redis.set("key", "1");
    server.pause();
    let answered = false;
    const answer = redis.get("key").finally(() => {
      answered = true;
    });
    // A second connection proves the freeze: the system takes it in, and Redis greets nobody.
    const other = new Redis(server.url, {
      commandTimeout: 100,
      maxRetriesPerRequest: 0,
      retryStrategy: null,
    });
    other.on("error", () => undefined);
    await expect(other.ping()).rejects.toThrow("Command timed out");
    other.disconnect();
    expect(answered).toBe(false);
    server.resume();
    expect(await answer).toBe("1");
  });

  test("restarts empty on the same port, also from a pause", async () => {
    const { server, redis } = await startWithClient();
    await redis.set("key", "1");
    server.pause();
    await server.restart();
    expect(await vi.waitFor(() => redis.get("key"))).toBeNull();
    expect(redis.options.port).toBe(server.port);
  });

  test("refuses connections when stopped, and comes back with restart", async () => {
    const { server, redis } = await startWithClient();
    await redis.ping();
    await server.stop();
    await expect(redis.ping()).rejects.toThrow();
    await server.restart();
    expect(await vi.waitFor(() => redis.ping())).toBe("PONG");
  });

  test("leaves neither process nor folder when the tests are killed", async () => {
    const module = new URL("redis-server.ts", import.meta.url).href;
    const script = `
      const { startRedis } = await import(${JSON.stringify(module)});
      const { url } = await startRedis();
      console.log("url", url);
      setInterval(() => {}, 1000);`;
    const parent = startProcess({
      command: process.execPath,
      args: ["--import", "tsx", "--input-type=module", "-e", script],
    });
    const [, url] = await parent.waitForLine(/^url (\S+)$/);
    const redis = new Redis(`${url}`, { retryStrategy: null });
    redis.on("error", () => undefined);
    const [, folder] = (await redis.config("GET", "dir")) as string[];
    expect(existsSync(`${folder}`)).toBe(true);

    await parent.kill("SIGKILL");
    await vi.waitFor(() => expect(redis.status).toBe("end"), { timeout: 5_000 });
    await vi.waitFor(() => expect(existsSync(`${folder}`)).toBe(false), { timeout: 5_000 });
  });
});
