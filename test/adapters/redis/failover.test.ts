import { Redis as IoRedis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../../src/adapters/memory/store.js";
import { ResilientStore } from "../../../src/adapters/redis/resilient-store.js";
import { RedisStore } from "../../../src/adapters/redis/shared-store.js";
import { connectTcp } from "../../../src/adapters/redis/tcp-requester.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import type { LimitRule } from "../../../src/domain/ports.js";
import { hasRedisServer, type RedisServer, startRedis } from "../../support/database.js";
import { openWay, type TcpWay, through } from "../../support/tcp-way.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };

describe.skipIf(!hasRedisServer)("two Redis servers behind one name", () => {
  let first: RedisServer;
  let second: RedisServer;
  let way: TcpWay;
  let store: ResilientStore;
  let now: number;
  let lines: string[];

  beforeEach(async () => {
    [first, second] = await Promise.all([startRedis(), startRedis()]);
    way = await openWay(first.port);
    const { redis, close } = connectTcp(through(first.url, way));
    now = 1_700_000_000_000;
    lines = [];
    const clock = { now: () => now };
    const log = (_: object, message: string) => void lines.push(message);
    store = new ResilientStore({
      redis: new RedisStore(redis),
      local: new MemoryStore(clock, { alone: false }),
      clock,
      logger: { debug: log, info: log, warn: log, error: log },
      metrics: noMetrics,
      disconnect: close,
    });
    await vi.waitFor(() => store.ping(), { timeout: 5000, interval: 20 });
    expect((await visit()).generation).not.toBeNull();
  });
  afterEach(async () => {
    await store.close();
    await Promise.all([way.stop(), first.stop(), second.stop()]);
  });

  /** Long after the one before. */
  const visit = () => {
    now += 60_000;
    return store.visit({ userId: "user", rules: [TEN], analysisId: "a1", entry: "peg_comparison" });
  };

  /** Makes the server a replica of the other one, or of none. */
  async function follow({ url }: RedisServer, leader?: RedisServer): Promise<void> {
    const raw = new IoRedis(url);
    await (leader ? raw.replicaof("127.0.0.1", leader.port) : raw.replicaof("NO", "ONE"));
    raw.disconnect();
  }

  test("the one that leads now is gone to, though the one before still answers", async () => {
    await follow(first, second);
    way.leadTo(second.port);
    await vi.waitFor(async () => expect((await visit()).generation).not.toBeNull(), {
      timeout: 10_000,
      interval: 50,
    });
    expect(store.state()).toBe("ready");
    expect(lines).toEqual([
      "Redis does not answer: limits and cache go on in process",
      "Redis answers again",
    ]);
  });

  test("one that takes no writes is away for readiness too, until it does", async () => {
    await follow(first, second);
    expect((await visit()).generation).toBeNull();
    expect(store.state()).toBe("away");
    // Each command that is refused has the connection made anew; what tells is the one that there is.
    await vi.waitFor(() => expect(store.ping()).rejects.toThrow("READONLY"), { timeout: 5000, interval: 20 });
    expect(store.state()).toBe("away");
    await follow(first);
    await vi.waitFor(() => store.ping(), { timeout: 5000, interval: 20 });
    expect(store.state()).toBe("ready");
    expect((await visit()).generation).not.toBeNull();
    expect(lines).toHaveLength(2);
  });
});
