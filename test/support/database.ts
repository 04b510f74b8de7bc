import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import postgres from "postgres";
import { inject } from "vitest";
import { findOnPath } from "./programs.js";
import { type RedisServer, startRedis } from "./redis-server.js";

export { type RedisServer, startRedis } from "./redis-server.js";

/** Whether createTestDatabase() works in this run: `describe.skipIf(!hasPostgres)`. */
export const hasPostgres = inject("postgresUrl") !== null;

/** Ways to speak with it: what is added to its address, and whether it can. */
export const POSTGRES_WAYS = [
  { way: "in plain", query: "", here: hasPostgres },
  { way: "over TLS", query: "?sslmode=require", here: hasPostgres && inject("postgresCertificate") !== null },
];

/** Whether createTestRedis() works in this run: `describe.skipIf(!hasRedis)`. */
export const hasRedis = inject("redisUrl") !== null;

/** Whether startRedis() works in this run: a redis-server of one's own, to pause and to kill. */
export const hasRedisServer = findOnPath("redis-server") !== undefined;

/** A database of the caller's own. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, also while connections to it are open. */
  drop(): Promise<void>;
}

/** Creates an empty database with a name of its own on the run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const admin = inject("postgresUrl");
  if (admin === null) throw new Error("No PostgreSQL: skip this test with describe.skipIf(!hasPostgres)");
  const name = `test_${randomBytes(8).toString("hex")}`;
  // template0 has no sessions, so that many files may create databases at once.
  await asAdmin(admin, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A Redis of the caller's own. */
export type TestRedis = Pick<RedisServer, "url" | "stop">;

/** Gives an empty Redis nobody else uses: a process, or, with TEST_REDIS_URL alone, a database by number. */
export async function createTestRedis(): Promise<TestRedis> {
  const shared = inject("redisUrl");
  if (shared === null) throw new Error("No Redis: skip this test with describe.skipIf(!hasRedis)");
  return hasRedisServer ? startRedis() : claimNumberedDatabase(shared);
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function claimNumberedDatabase(shared: string): Promise<TestRedis> {
  const redis = new Redis(shared, { db: 0 });
  for (let number = 1; number < 16; number++) {
    const claim = `peg-test:claimed:${number}`;
    await redis.select(0);
    if (!(await redis.set(claim, "1", "EX", 600, "NX"))) continue;
    await redis.select(number);
    // Only an empty one is taken: it is emptied again at the end.
    if ((await redis.dbsize()) > 0) continue;
    const url = new URL(shared);
    url.pathname = `/${number}`;
    const stop = async (): Promise<void> => {
      await redis.flushdb();
      await redis.select(0);
      await redis.del(claim);
      await redis.quit();
    };
    return { url: url.href, stop };
  }
  await redis.quit();
  throw new Error("No empty database is left on the Redis of TEST_REDIS_URL");
}
