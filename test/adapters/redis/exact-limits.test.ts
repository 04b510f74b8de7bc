import { Ratelimit } from "@upstash/ratelimit";
import { Redis as IoRedis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../../src/adapters/memory/store.js";
import { ResilientStore } from "../../../src/adapters/redis/resilient-store.js";
import { RedisStore } from "../../../src/adapters/redis/shared-store.js";
import { slidingLog } from "../../../src/adapters/redis/sliding-log.js";
import { connectTcp } from "../../../src/adapters/redis/tcp-requester.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import type { LimitRule } from "../../../src/domain/ports.js";
import {
  createTestRedis,
  hasRedis,
  hasRedisServer,
  startRedis,
  type TestRedis,
} from "../../support/database.js";
import { expectExactLimits } from "../limit-model.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };
const THOUSAND: LimitRule = { name: "all", limit: 1000, windowMs: 3_600_000 };

/** Makes all logs of calls older, and the keys that hold them. */
const AGE_SCRIPT = `
for _, key in ipairs(redis.call('KEYS', 'peg_limit*')) do
  local left = redis.call('PTTL', key) - ARGV[1]
  local times = redis.call('LRANGE', key, 0, -1)
  redis.call('DEL', key)
  if left > 0 then
    for _, time in ipairs(times) do redis.call('RPUSH', key, string.format('%d', time - ARGV[1])) end
    redis.call('PEXPIRE', key, string.format('%d', left))
  end
end
`;

describe.skipIf(!hasRedis)("limits on Redis, exactly", () => {
  let server: TestRedis;
  let raw: IoRedis;
  /** As of two processes. */
  let stores: [RedisStore, RedisStore];
  const closers: (() => void)[] = [];
  beforeAll(async () => {
    server = await createTestRedis();
    raw = new IoRedis(server.url);
    const open = () => {
      const { redis, close } = connectTcp(server.url);
      closers.push(close);
      return new RedisStore(redis);
    };
    stores = [open(), open()];
    for (const store of stores) await vi.waitFor(() => store.ping(), { timeout: 5000, interval: 20 });
  });
  afterAll(async () => {
    for (const close of closers) close();
    raw.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await raw.flushall();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const take = async (process: 0 | 1, ...rules: LimitRule[]) =>
    (await stores[process].visit({ userId: "u", rules })).limits;

  test("F7: every verdict is that of a model, and no window of any kind holds more than the limit", async () => {
    const begin = async () => {
      await raw.flushall();
      return {
        take: async (rules: LimitRule[]) => (await take(0, ...rules)).allowed,
        // The clock is Redis's own: what it noted becomes so much older instead.
        pass: async (ms: number) => void (await raw.eval(AGE_SCRIPT, 0, ms)),
      };
    };
    // In minutes: of the time that goes by really, a case takes none that counts.
    await expectExactLimits(begin, { unitMs: 60_000, runs: 60 });
  });

  test("L1: a thousand calls of all kinds pass in an hour, and the next is refused by that limit", async () => {
    const kinds = [
      [THOUSAND],
      [{ ...TEN, limit: 2000 }, THOUSAND],
      [{ ...TEN, name: "status", limit: 2000 }, THOUSAND],
    ];
    const passed = await Promise.all(
      Array.from({ length: 1200 }, (_, i) => take((i % 2) as 0 | 1, ...(kinds[i % 3] as LimitRule[]))),
    );
    expect(passed.filter(({ allowed }) => allowed)).toHaveLength(1000);
    for (const rules of kinds) {
      const { exhausted } = await take(0, ...rules);
      expect(exhausted).toMatchObject({ name: "all", limit: 1000, remaining: 0 });
      expect(exhausted?.resetMs).toBeGreaterThan(3_500_000);
    }
  });

  test("L3: a call that costs more than is left is refused, and charges nothing", async () => {
    const { redis, close } = connectTcp(server.url);
    closers.push(close);
    await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
    const limit = new Ratelimit({ redis, limiter: slidingLog([TEN]), ephemeralCache: false, prefix: "cost" });
    for (let used = 1; used <= 9; used++)
      expect(await limit.limit("u")).toMatchObject({ success: true, remaining: 10 - used });
    for (let turn = 0; turn < 3; turn++)
      expect(await limit.limit("u", { rate: 5 })).toMatchObject({ success: false, remaining: 1 });
    expect(await limit.limit("u")).toMatchObject({ success: true, remaining: 0 });
    expect(await limit.limit("u")).toMatchObject({ success: false });
  });

  test("L5: a process whose clock is wrong gives nobody more", async () => {
    let passed = 0;
    // By the process's own clock each turn would begin another window.
    for (const seconds of [0, 120, -120, 7200, -7200, 86_400]) {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
      for (let call = 0; call < 5; call++) if ((await take(1, TEN)).allowed) passed++;
      vi.useRealTimers();
      for (let call = 0; call < 5; call++) if ((await take(0, TEN)).allowed) passed++;
    }
    expect(passed).toBe(10);
  });

  test("L10: a limit that is raised, or a count that is dropped, holds with the next call everywhere", async () => {
    for (let call = 0; call < 12; call++) await take((call % 2) as 0 | 1, TEN);
    for (const process of [0, 1] as const) expect((await take(process, TEN)).allowed).toBe(false);
    for (const process of [0, 1] as const)
      expect((await take(process, { ...TEN, limit: 20 })).allowed).toBe(true);
    for (const process of [0, 1] as const) expect((await take(process, TEN)).allowed).toBe(false);
    await raw.del(...(await raw.keys("peg_limit*")));
    for (const process of [0, 1] as const) expect((await take(process, TEN)).allowed).toBe(true);
  });
});

describe.skipIf(!hasRedisServer)("limits when Redis is back", () => {
  test("L9: go on as they were there, and those who come back at once find one count", async () => {
    const server = await startRedis();
    let now = 1_700_000_000_000;
    const clock = { now: () => now };
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const { redis, close } = connectTcp(server.url);
    const onRedis = new RedisStore(redis);
    const store = new ResilientStore({
      redis: onRedis,
      local: new MemoryStore(clock, { alone: false }),
      clock,
      logger: silent,
      metrics: noMetrics,
      disconnect: close,
    });
    const take = async () => (await store.visit({ userId: "u", rules: [TEN] })).limits.allowed;
    try {
      await vi.waitFor(() => onRedis.ping(), { timeout: 5000, interval: 20 });
      const passed = async (calls: number) =>
        (await Promise.all(Array.from({ length: calls }, take))).filter(Boolean).length;
      expect(await passed(7)).toBe(7);
      server.pause();
      // Each side has a limit of its own: never unlimited, and what was counted here is not added there.
      expect(await passed(1)).toBe(1);
      expect(await passed(20)).toBe(9);
      server.resume();
      now += 1001;
      await vi.waitFor(
        async () => {
          await onRedis.ping();
        },
        { timeout: 5000, interval: 20 },
      );
      expect(await passed(1)).toBe(1);
      expect(store.state()).toBe("ready");
      const after = await passed(20);
      // The one that was on its way when Redis stopped was charged there once it went on.
      expect([1, 2]).toContain(after);
      expect(await passed(20)).toBe(0);
    } finally {
      server.resume();
      await store.close();
      await server.stop();
    }
  });
});
