import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Requester } from "@upstash/redis";
import { Redis as IoRedis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { connectRest } from "../../../src/adapters/redis/rest-client.js";
import { RedisStore } from "../../../src/adapters/redis/shared-store.js";
import { connectTcp } from "../../../src/adapters/redis/tcp-requester.js";
import { CACHE_TYPES, type LimitRule, type VisitRequest } from "../../../src/domain/ports.js";
import { createTestRedis, hasRedis, type TestRedis } from "../../support/database.js";
import { startUpstashServer, type UpstashServer } from "../../support/upstash-server.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };
const HUNDRED: LimitRule = { name: "all", limit: 100, windowMs: 3_600_000 };

async function untilReady(ping: () => Promise<unknown>): Promise<void> {
  await vi.waitFor(ping, { timeout: 5000, interval: 20 });
}

describe.skipIf(!hasRedis)("the shared store on Redis", () => {
  let server: TestRedis;
  let upstash: UpstashServer;
  let raw: IoRedis;
  let overRest: RedisStore;
  let overTcp: RedisStore;
  let disconnect: () => void;
  beforeAll(async () => {
    server = await createTestRedis();
    upstash = await startUpstashServer({ redisUrl: server.url });
    raw = new IoRedis(server.url);
    overRest = new RedisStore(connectRest(upstash.url, upstash.token));
    const tcp = connectTcp(server.url);
    overTcp = new RedisStore(tcp.redis);
    disconnect = tcp.close;
    await untilReady(() => overTcp.ping());
  });
  afterAll(async () => {
    disconnect();
    raw.disconnect();
    await upstash.stop();
    await server.stop();
  });
  beforeEach(async () => {
    await raw.flushall();
    await raw.script("FLUSH");
  });

  const visit = (userId = "user"): VisitRequest => ({
    userId,
    rules: [TEN, HUNDRED],
    analysisId: "a1",
    entry: "peg_comparison",
  });

  /** Commands that Redis is sent by clients during some work. */
  async function commandsDuring(work: () => Promise<unknown>): Promise<string[]> {
    const commands: string[] = [];
    const connection = new IoRedis(server.url);
    const monitor = await connection.monitor();
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      if (source !== "lua") commands.push(String(args[0]).toUpperCase());
    });
    await work();
    await raw.echo("end");
    await expect.poll(() => commands.at(-1)).toBe("ECHO");
    monitor.disconnect();
    connection.disconnect();
    return commands.slice(0, -1);
  }

  test("a visit is exactly one HTTP request", async () => {
    await overRest.visit(visit());
    upstash.resetCounts();
    const { generation } = await overRest.visit(visit());
    expect(generation).not.toBeNull();
    expect(upstash).toMatchObject({ requests: 1, commandNames: ["EVALSHA", "GET", "GET"] });
  });

  test("a visit without an analysis is one HTTP request of one command", async () => {
    await overRest.visit(visit());
    upstash.resetCounts();
    await overRest.visit({ userId: "user", rules: [TEN] });
    expect(upstash).toMatchObject({ requests: 1, commandNames: ["EVALSHA"] });
  });

  test("a visit is one pipeline over TCP; parallel ones do not mix, and share what they read", async () => {
    await overTcp.visit(visit());
    expect(await commandsDuring(() => overTcp.visit(visit()))).toEqual(["EVALSHA", "GET", "GET"]);
    const many = await commandsDuring(() =>
      Promise.all(Array.from({ length: 5 }, (_, i) => overTcp.visit(visit(`user ${i}`)))),
    );
    const charges = Array.from({ length: 5 }, () => "EVALSHA");
    expect(many.toSorted()).toEqual([...charges, "GET", "GET"]);
  });

  test("of many visitors the first are on their way while the rest are gathered, none in two pieces", async () => {
    const { redis, close } = connectTcp(server.url);
    const store = new RedisStore(redis, 6);
    await untilReady(() => store.visit(visit()));
    const trips: string[][] = [];
    const { client } = redis as unknown as { client: Requester };
    const request = client.request.bind(client);
    client.request = (asked) => {
      trips.push((asked.body as unknown[][]).map(([name]) => String(name)));
      return request(asked);
    };
    await Promise.all(Array.from({ length: 5 }, (_, i) => store.visit(visit(`user ${i}`))));
    const first = ["evalsha", "get", "get"];
    expect(trips).toEqual([[...first, "evalsha", "evalsha", "evalsha"], first]);
    expect(await Promise.all([1, 2].map(() => store.visit(visit("user 4"))))).toMatchObject([
      { limits: { rules: [{ remaining: 8 }, { remaining: 98 }] } },
      { limits: { rules: [{ remaining: 7 }, { remaining: 97 }] } },
    ]);
    close();
  });

  test("L8: a flush of the scripts is survived, on the next trip", async () => {
    await overTcp.visit(visit());
    await raw.script("FLUSH");
    expect((await overTcp.visit(visit())).limits.rules[0]?.remaining).toBe(8);
    await raw.script("FLUSH");
    expect((await overRest.visit(visit())).limits.rules[0]?.remaining).toBe(7);
  });

  test("L14: both ways to Redis charge the same count and read the same words", async () => {
    const [a, b] = [await overTcp.visit(visit()), await overRest.visit(visit())];
    expect([a, b].map(({ limits }) => limits.rules[0]?.remaining)).toEqual([9, 8]);
    expect(a.generation).toBe(b.generation);
    const generation = a.generation ?? "";
    const value = randomBytes(64);
    await overTcp.putEntry({ type: "peg_comparison", analysisId: "a1", value, ttlSeconds: 60, generation });
    expect(Buffer.from((await overRest.visit(visit())).entry ?? []).equals(value)).toBe(true);
  });

  test("L4: fifty calls over four connections pass exactly ten times", async () => {
    const connections = Array.from({ length: 4 }, () => connectTcp(server.url));
    const stores = connections.map(({ redis }) => new RedisStore(redis));
    await Promise.all(stores.map((store) => untilReady(() => store.ping())));
    const visits = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (stores[i % 4] as RedisStore).visit({ userId: "u", rules: [TEN] }),
      ),
    );
    expect(visits.filter(({ limits }) => limits.allowed)).toHaveLength(10);
    for (const { close } of connections) close();
  });

  test("L16, C14: no key holds a user id, and every key has an end", async () => {
    const user = "someone@example.com";
    const value = Buffer.from("x");
    for (const store of [overTcp, overRest]) {
      const generation = (await store.visit(visit(user))).generation ?? "";
      for (const type of CACHE_TYPES) {
        expect(await store.putEntry({ type, analysisId: "a1", value, ttlSeconds: 60, generation })).toBe(
          true,
        );
      }
    }
    await overTcp.moveGeneration("a2");
    const keys = await raw.keys("*");
    expect(keys.filter((key) => key.startsWith("peg_comparison:")).sort()).toEqual(
      CACHE_TYPES.map((type) => `peg_comparison:${type}:a1`).sort(),
    );
    const hash = createHash("sha256").update(user).digest("base64url");
    expect(keys.filter((key) => key.includes(hash)).length).toBe(2);
    for (const key of keys) {
      expect(key).not.toContain("someone");
      expect(await raw.pttl(key)).toBeGreaterThan(0);
    }
    const kept = await Promise.all(keys.map((key) => raw.dumpBuffer(key)));
    expect(Buffer.concat(kept.map((bytes) => bytes ?? Buffer.alloc(0))).includes("someone")).toBe(false);
  });

  test("an entry in Redis ends with its TTL", async () => {
    const generation = (await overTcp.visit(visit())).generation ?? "";
    const entry = { type: "metadata", analysisId: "a1", value: Buffer.from("x"), ttlSeconds: 77 } as const;
    await overTcp.putEntry({ ...entry, generation });
    expect(await raw.ttl("peg_comparison:metadata:a1")).toBeGreaterThan(70);
    expect(await raw.ttl("peg_comparison:metadata:a1")).toBeLessThanOrEqual(77);
  });

  test("L16: the word of an analysis that nobody is known to read is forgotten in a minute, unless it is kept", async () => {
    const ttl = () => raw.ttl("peg_generation:a1");
    for (const [store, other] of [
      [overTcp, overRest],
      [overRest, overTcp],
    ] as const) {
      await raw.flushall();
      const { generation, unkept } = await store.visit(visit());
      expect(unkept).toBe(true);
      expect(await ttl()).toBeGreaterThan(50);
      expect(await ttl()).toBeLessThanOrEqual(60);
      // Whoever may read it keeps it, whoever began it.
      expect(await other.visit(visit())).toMatchObject({ generation, unkept: true });
      await store.keepGeneration("a1", randomUUID());
      expect(await ttl()).toBeLessThanOrEqual(60);
      await store.keepGeneration("a1", generation ?? "");
      expect(await ttl()).toBeGreaterThan(86_400);
      for (const one of [store, other]) {
        const kept = await one.visit(visit());
        expect([kept.generation, kept.unkept ?? false]).toEqual([generation, false]);
      }
    }
  });

  test("C4: to keep a word that has moved meanwhile, or is gone, brings none back", async () => {
    const { generation } = await overTcp.visit(visit());
    await overTcp.moveGeneration("a1");
    await overTcp.keepGeneration("a1", generation ?? "");
    const moved = (await overTcp.visit(visit())).generation;
    expect(moved).not.toBe(generation);
    await raw.flushall();
    await overTcp.keepGeneration("a1", moved ?? "");
    expect(await raw.exists("peg_generation:a1")).toBe(0);
  });

  test("C8: of what a visit reads only that is taken away which is not ours", async () => {
    for (const store of [overTcp, overRest]) {
      await raw.flushall();
      const { generation } = await store.visit(visit());
      const [get, all] = (await raw.keys("peg_limit:*")).sort((a, b) => Number(a > b)) as [string, string];
      const [word, entry] = ["peg_generation:a1", "peg_comparison:peg_comparison:a1"];
      await store.putEntry({
        type: "peg_comparison",
        analysisId: "a1",
        value: Buffer.from("x"),
        ttlSeconds: 9,
        generation: generation ?? "",
      });
      expect(await store.mend(visit())).toBe(0);
      expect(await raw.exists(get, all, word, entry)).toBe(4);

      const damage: Record<string, () => Promise<unknown>> = {
        [get]: () => raw.hset(get, { a: 1 }),
        [all]: () => raw.rpush(all, "no time"),
        [word]: () => raw.rpush(word, "x"),
        [entry]: () => raw.hset(entry, { a: 1 }),
      };
      for (const [key, spoil] of Object.entries(damage)) {
        await raw.del(key);
        await spoil();
        expect(await store.mend(visit("another")), key).toBe(key === word || key === entry ? 1 : 0);
        await raw.del(key);
        await spoil();
        expect(await store.mend(visit()), key).toBe(1);
        expect(await raw.exists(key)).toBe(0);
      }
      for (const spoil of Object.values(damage)) await spoil();
      const { userId, rules } = visit();
      expect(await store.mend({ userId, rules })).toBe(2);
      expect(await store.mend({ userId, rules, analysisId: "a1" })).toBe(1);
      expect(await raw.exists(entry)).toBe(1);
      expect(await store.mend(visit())).toBe(1);
    }
  });

  test("C13: nothing runs KEYS, SCAN or FLUSH", async () => {
    const commands = await commandsDuring(async () => {
      const generation = (await overTcp.visit(visit())).generation ?? "";
      await overTcp.putEntry({
        type: "metadata",
        analysisId: "a1",
        value: Buffer.from("x"),
        ttlSeconds: 9,
        generation,
      });
      await overTcp.moveGeneration("a1");
    });
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((name) => /KEYS|SCAN|FLUSH/.test(name))).toEqual([]);
  });

  test("L2: no window of 200 ms holds more than the limit, however hard a caller tries", async () => {
    const rule: LimitRule = { name: "short", limit: 5, windowMs: 200 };
    const passed: { before: number; after: number }[] = [];
    const refused: typeof passed = [];
    const visit = async () => {
      const before = performance.now();
      const { limits } = await overTcp.visit({ userId: "u", rules: [rule] });
      (limits.allowed ? passed : refused).push({ before, after: performance.now() });
    };
    const until = performance.now() + 1500;
    // Several at once, so that some are refused however slow the machine is.
    while (performance.now() < until || passed.length <= 3 * rule.limit) {
      await Promise.all(Array.from({ length: rule.limit + 1 }, visit));
    }
    // The server's clock ticks in whole milliseconds: windows of it may seem one shorter from here.
    for (const { after } of passed) {
      const inWindow = passed.filter(
        (call) => call.before >= after && call.after < after + rule.windowMs - 1,
      );
      expect(inWindow.length).toBeLessThanOrEqual(rule.limit);
    }
    // Nor does it hold less: whoever is refused finds it full, as far as can be told from here.
    expect(refused.length).toBeGreaterThan(0);
    for (const { before, after } of refused) {
      const mayCount = passed.filter(
        (call) => call.after > before - rule.windowMs - 1 && call.before < after,
      );
      expect(mayCount.length).toBeGreaterThanOrEqual(rule.limit);
    }
  });

  test("L2: each call leaves the window by itself, while younger ones go on counting", async () => {
    const rule: LimitRule = { name: "spread", limit: 3, windowMs: 2_000 };
    const half = rule.windowMs / 2;
    const visit = async () => (await overTcp.visit({ userId: "u", rules: [rule] })).limits;
    const began = performance.now();
    await visit();
    const first = performance.now();
    await expect
      .poll(() => performance.now() - first, { interval: 10, timeout: 10_000 })
      .toBeGreaterThan(half);
    await visit();
    await visit();
    expect((await visit()).exhausted?.resetMs).toBeLessThanOrEqual(half);
    await expect.poll(async () => (await visit()).allowed, { interval: 5, timeout: 10_000 }).toBe(true);
    const waited = performance.now();
    expect(waited - began).toBeGreaterThanOrEqual(rule.windowMs - 1);
    expect(waited - first).toBeLessThan(rule.windowMs + half);
    // The place of the first was taken; the two younger ones still count.
    expect((await visit()).allowed).toBe(false);
  });

  test("L7: a key of another type is an error here, for the caller to survive", async () => {
    await overTcp.visit({ userId: "u", rules: [TEN] });
    const [key = ""] = await raw.keys("peg_limit*");
    await raw.set(key, "text");
    await expect(overTcp.visit({ userId: "u", rules: [TEN] })).rejects.toThrow("WRONGTYPE");
    await expect(overRest.visit({ userId: "u", rules: [TEN] })).rejects.toThrow("WRONGTYPE");
  });
});
