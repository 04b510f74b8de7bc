import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../../src/adapters/memory/store.js";
import { ResilientStore } from "../../../src/adapters/redis/resilient-store.js";
import { connectRest } from "../../../src/adapters/redis/rest-client.js";
import { RedisStore } from "../../../src/adapters/redis/shared-store.js";
import { connectTcp } from "../../../src/adapters/redis/tcp-requester.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import type { LimitRule, Logger, Visit } from "../../../src/domain/ports.js";
import { hasRedisServer, type RedisServer, startRedis } from "../../support/database.js";
import { inTime } from "../../support/in-time.js";
import { startUpstashServer, type UpstashServer } from "../../support/upstash-server.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };
/** What a visit may take while Redis is away. */
const DECISION_MS = 300;

/** A way for Redis to be away, and back. */
interface Outage {
  name: string;
  over: "tcp" | "rest";
  begin(world: World): Promise<void> | void;
  end(world: World): Promise<void> | void;
}

interface World {
  server: RedisServer;
  upstash: UpstashServer;
  store: ResilientStore;
  /** Calls that reached the store on Redis. */
  asked(): number;
  pass(ms: number): void;
  lines: { level: string; fields: object; message: string }[];
}

const rest = (name: string, fault: Parameters<UpstashServer["setFault"]>[0]): Outage => ({
  name: `the Upstash service ${name}`,
  over: "rest",
  begin: ({ upstash }) => upstash.setFault(fault),
  end: ({ upstash }) => upstash.setFault(null),
});

const OUTAGES: Outage[] = [
  {
    name: "Redis hangs",
    over: "tcp",
    begin: ({ server }) => server.pause(),
    end: ({ server }) => server.resume(),
  },
  {
    name: "Redis is gone",
    over: "tcp",
    begin: ({ server }) => server.stop(),
    end: ({ server }) => server.restart(),
  },
  rest("hangs", "hang"),
  rest("refuses", "refuse"),
  rest("cuts connections", "reset"),
  rest("answers 500", "500"),
  rest("answers garbage", "garbage"),
  rest("is slow", { delayMs: 1500 }),
];

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openWorld(over: "tcp" | "rest"): Promise<World> {
  const server = await startRedis();
  closers.push(() => server.stop());
  const upstash = await startUpstashServer({ redisUrl: server.url });
  closers.push(() => upstash.stop());
  let now = 1_700_000_000_000;
  const clock = { now: () => now };
  const lines: World["lines"] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  const tcp = over === "tcp" ? connectTcp(server.url) : undefined;
  const redis = new RedisStore(tcp?.redis ?? connectRest(upstash.url, upstash.token));
  await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
  const visits = vi.spyOn(redis, "visit");
  const puts = vi.spyOn(redis, "putEntry");
  const moves = vi.spyOn(redis, "moveGeneration");
  const local = new MemoryStore(clock, { alone: false });
  const store = new ResilientStore({
    redis,
    local,
    clock,
    logger,
    metrics: noMetrics,
    disconnect: () => tcp?.close(),
  });
  closers.push(() => store.close());
  return {
    server,
    upstash,
    store,
    asked: () => visits.mock.calls.length + puts.mock.calls.length + moves.mock.calls.length,
    pass: (ms) => {
      now += ms;
    },
    lines,
  };
}

/** A visit that must be decided in time. */
function timely({ store }: World, userId = "user"): Promise<Visit> {
  return inTime(DECISION_MS, () =>
    store.visit({ userId, rules: [TEN], analysisId: "a1", entry: "peg_comparison" }),
  );
}

/** The store answers again: real time for connections, the store's own clock for its cool-down. */
async function untilBack(world: World): Promise<void> {
  await vi.waitFor(
    async () => {
      world.pass(1001);
      expect(
        (await world.store.visit({ userId: "probe", rules: [TEN], analysisId: "a1" })).generation,
      ).not.toBeNull();
    },
    { timeout: 10_000, interval: 50 },
  );
}

describe.skipIf(!hasRedisServer).each(OUTAGES)("where $name", ({ over, begin, end }) => {
  test("L6, L7: visits are decided in time by limits in process, which still refuse the eleventh", async () => {
    const world = await openWorld(over);
    expect((await timely(world)).generation).not.toBeNull();
    await begin(world);
    for (let call = 1; call <= 10; call++) {
      const visit = await timely(world);
      expect(visit).toMatchObject({ generation: null, entry: null, limits: { allowed: true } });
      expect(visit.limits.rules[0]?.remaining).toBe(10 - call);
      world.pass(1001);
    }
    const refused = await timely(world);
    expect(refused.limits).toMatchObject({ allowed: false, exhausted: { name: "get" } });
    expect(refused.generation).toBeNull();
    expect((await timely(world, "another")).limits.allowed).toBe(true);
    world.pass(60_000);
    expect((await timely(world)).limits.allowed).toBe(true);
    await end(world);
  });

  test("nobody is asked during the cool-down, then one caller at a time, until it answers again", async () => {
    const world = await openWorld(over);
    await timely(world);
    await begin(world);
    await timely(world);
    expect(world.store.state()).toBe("away");
    const before = world.asked();
    world.pass(999);
    for (let i = 0; i < 5; i++) await timely(world);
    expect(
      await world.store.putEntry({
        type: "metadata",
        analysisId: "a1",
        value: Buffer.from("x"),
        ttlSeconds: 9,
        generation: "g",
      }),
    ).toBe(false);
    expect(world.asked()).toBe(before);
    // A change is told whatever visits do: other processes may see the server. Its failure is told too.
    const told = await world.store.moveGeneration("a1");
    expect(told).toBe(false);
    const moves = world.asked() - before;
    expect(moves).toBeGreaterThan(1);

    world.pass(1);
    await Promise.all(Array.from({ length: 20 }, (_, i) => timely(world, `user ${i}`)));
    expect(world.asked()).toBe(before + moves + 1);

    await end(world);
    await untilBack(world);
    expect(world.store.state()).toBe("ready");
    const afterwards = world.asked();
    for (let i = 0; i < 3; i++) expect((await timely(world, "back")).generation).not.toBeNull();
    expect(world.asked()).toBe(afterwards + 3);
  });

  test("streams and entries do not use up the question whether it is back", async () => {
    const world = await openWorld(over);
    await timely(world);
    await begin(world);
    await timely(world);
    expect(world.store.state()).toBe("away");
    await end(world);
    await expect
      .poll(
        () =>
          world.store.ping().then(
            () => "answers",
            () => "silent",
          ),
        { timeout: 10_000 },
      )
      .toBe("answers");
    world.pass(1_000);
    const place = { userId: "watcher", streamId: "s" };
    expect(await world.store.holdStream({ ...place, max: 5, ttlMs: 30_000 })).toBe(true);
    const entry = {
      type: "metadata" as const,
      analysisId: "a1",
      value: Buffer.from("x"),
      ttlSeconds: 9,
      generation: "g",
    };
    await world.store.putEntry(entry);
    expect((await timely(world, "first")).generation).not.toBeNull();
    expect(world.store.state()).toBe("ready");
  });

  test("its going and its coming back are each told once, without a user id or a command", async () => {
    const world = await openWorld(over);
    await begin(world);
    for (let i = 0; i < 3; i++) {
      await timely(world, "canary-user");
      world.pass(1001);
    }
    await end(world);
    await untilBack(world);
    expect(world.lines.map(({ level, message }) => [level, message])).toEqual([
      ["warn", "Redis does not answer: limits and cache go on in process"],
      ["info", "Redis answers again"],
    ]);
    expect(JSON.stringify(world.lines)).not.toMatch(/canary|EVALSHA|peg_limit/i);
  });
});

test("L6: while Redis is away each of several processes lets its share of a limit pass, and at least one call", async () => {
  const redis = { visit: () => Promise.reject(new Error("away")) } as unknown as RedisStore;
  const clock = { now: () => 0 };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const open = (processes: number) =>
    new ResilientStore({
      redis,
      local: new MemoryStore(clock, { alone: false }),
      clock,
      logger,
      metrics: noMetrics,
      disconnect: () => {},
      processes,
    });
  for (const [processes, together] of [
    [1, 10],
    [4, 8],
    [20, 20],
  ] as const) {
    const stores = Array.from({ length: processes }, () => open(processes));
    const visits = await Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 15 }, () => store.visit({ userId: "u", rules: [TEN], analysisId: "a1" })),
      ),
    );
    expect(visits.filter(({ limits }) => limits.allowed)).toHaveLength(together);
  }
});

describe.skipIf(!hasRedisServer)("the store on Redis", () => {
  test.each(["tcp", "rest"] as const)(
    "L7, C8: a key that holds something else is taken away, over %s: nobody takes Redis for away",
    async (over) => {
      const world = await openWorld(over);
      const { redis, close } = connectTcp(world.server.url);
      closers.push(() => close());
      await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
      const { generation } = await timely(world, "other");
      await timely(world);
      const [limit = "", ...others] = (await redis.keys("peg_limit:*:get")).sort();
      for (const damage of [
        () => redis.del(limit).then(() => redis.hset(limit, { a: 1 })),
        () => redis.del(limit).then(() => redis.rpush(limit, "no time")),
        () => redis.del("peg_generation:a1").then(() => redis.rpush("peg_generation:a1", "x")),
        () => redis.rpush("peg_comparison:peg_comparison:a1", "x"),
      ]) {
        await damage();
        const visits = [await timely(world), await timely(world, "other")];
        for (const visit of visits) {
          expect(visit).toMatchObject({ generation: expect.any(String), entry: null });
          expect(visit.limits.allowed).toBe(true);
        }
        expect(world.store.state()).toBe("ready");
      }
      expect((await timely(world)).generation).not.toBe(generation);
      expect(await redis.exists("peg_comparison:peg_comparison:a1")).toBe(0);
      // The other one's calls are counted as before.
      expect(others).toHaveLength(1);
      const messages = world.lines.map(({ message }) => message);
      expect(new Set(messages)).toEqual(
        new Set(["keys in Redis did not hold what is ours: they were taken away"]),
      );
      expect(messages).toHaveLength(4);
    },
  );

  test("a Redis that hangs for all users at once holds none of them up for longer than the deadline", async () => {
    const world = await openWorld("tcp");
    await timely(world);
    world.server.pause();
    const visits = await Promise.all(Array.from({ length: 50 }, () => timely(world)));
    expect(visits.filter(({ limits }) => limits.allowed)).toHaveLength(10);
    world.server.resume();
  });

  test("writes give up after their deadline and say that nothing was stored", async () => {
    const world = await openWorld("rest");
    const generation = (await timely(world)).generation ?? "";
    await world.upstash.setFault("hang");
    const entry = {
      type: "metadata",
      analysisId: "a1",
      value: Buffer.from("x"),
      ttlSeconds: 9,
      generation,
    } as const;
    expect(await inTime(1300, () => world.store.putEntry(entry))).toBe(false);
  });

  test("the probe of readiness fails in time while Redis hangs", async () => {
    const world = await openWorld("tcp");
    await world.store.ping();
    world.server.pause();
    await inTime(DECISION_MS, () => expect(world.store.ping()).rejects.toThrow("no answer in 200 ms"));
    world.server.resume();
  });
});

describe.skipIf(!hasRedisServer)("trap 8: the library while Redis hangs", () => {
  const hangingLimit = async (timeout?: number) => {
    const world = await openWorld("rest");
    await world.upstash.setFault("hang");
    // Its own signal ends the request that the library leaves behind.
    const redis = new Redis({
      url: world.upstash.url,
      token: world.upstash.token,
      retry: false,
      signal: () => AbortSignal.timeout(1000),
    });
    const options = timeout === undefined ? {} : { timeout };
    return {
      world,
      limit: new Ratelimit({
        redis,
        limiter: Ratelimit.slidingWindow(1, "1 h"),
        ephemeralCache: false,
        ...options,
      }),
    };
  };

  test("the library's timeout lets every call pass while Redis hangs", async () => {
    const { limit } = await hangingLimit(50);
    for (let call = 0; call < 3; call++) {
      expect(await limit.limit("user")).toMatchObject({
        success: true,
        reason: "timeout",
        limit: 0,
        reset: 0,
      });
    }
  });

  test("the library's timeout is on unless it is switched off", async () => {
    const { limit } = await hangingLimit();
    expect((limit as unknown as { timeout: number }).timeout).toBe(5000);
  });

  test("our store refuses the eleventh call while Redis hangs", async () => {
    const { world } = await hangingLimit(50);
    const verdicts: boolean[] = [];
    for (let call = 0; call < 11; call++) verdicts.push((await timely(world)).limits.allowed);
    expect(verdicts).toEqual([...Array.from({ length: 10 }, () => true), false]);
  });
});

describe.skipIf(!hasRedisServer)("trap 9: a read that is given up", () => {
  const hanging = async () => {
    const { upstash } = await openWorld("rest");
    await upstash.setFault("hang");
    return { url: upstash.url, token: upstash.token, retry: false as const, automaticDeserialization: false };
  };

  test("with a plain signal an aborted read resolves with the reason as if it were the value", async () => {
    const controller = new AbortController();
    const redis = new Redis({
      ...(await hanging()),
      enableAutoPipelining: false,
      responseEncoding: false,
      signal: controller.signal,
    });
    const read = redis.get("key");
    controller.abort("Aborted");
    expect(await read).toBe("Aborted");
  });

  test("with a function it throws", async () => {
    const redis = new Redis({ ...(await hanging()), signal: () => AbortSignal.timeout(50) });
    await expect(redis.get("key")).rejects.toThrow("timeout");
  });

  test("our client throws", async () => {
    const { url, token } = await hanging();
    const asked = performance.now();
    await expect(connectRest(url, token).get("key")).rejects.toThrow("timeout");
    expect(performance.now() - asked).toBeLessThan(3000);
  });
});
