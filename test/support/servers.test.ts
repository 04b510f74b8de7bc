import { Redis } from "ioredis";
import postgres from "postgres";
import { describe, expect, inject, test } from "vitest";
import { findChromium, openPostgres, openRedis } from "./servers.js";

describe("the servers of the run", () => {
  test.skipIf(inject("postgresUrl") === null)(
    "hold a PostgreSQL that is new enough and takes 200 connections",
    async () => {
      const sql = postgres(inject("postgresUrl") as string, { max: 1 });
      const [row] = await sql`SELECT current_setting('server_version_num')::int AS version,
      current_setting('max_connections')::int AS connections, current_setting('server_encoding') AS encoding`;
      await sql.end();
      expect(row?.version).toBeGreaterThanOrEqual(140_000);
      expect(row).toMatchObject({ encoding: "UTF8" });
      expect(row?.connections).toBeGreaterThanOrEqual(100);
    },
  );

  test.skipIf(inject("redisUrl") === null)("hold a Redis", async () => {
    const redis = new Redis(inject("redisUrl") as string);
    expect(await redis.ping()).toBe("PONG");
    redis.disconnect();
  });

  test("are those the environment names, where it names some", async () => {
    const env = { TEST_DATABASE_URL: "postgres://somewhere/db", TEST_REDIS_URL: "redis://somewhere" };
    expect(await openPostgres(env)).toMatchObject({
      url: "postgres://somewhere/db",
      note: "PostgreSQL: as TEST_DATABASE_URL says",
    });
    expect(await openRedis(env)).toMatchObject({
      url: "redis://somewhere",
      note: "Redis: as TEST_REDIS_URL says",
    });
  });

  test("include the Chromium on PATH", () => {
    expect(findChromium().path).toBe(inject("chromiumPath"));
  });
});
