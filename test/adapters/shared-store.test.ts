import { createHash, randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { Redis as IoRedis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/store.js";
import { connectRest } from "../../src/adapters/redis/rest-client.js";
import { RedisStore } from "../../src/adapters/redis/shared-store.js";
import { connectTcp } from "../../src/adapters/redis/tcp-requester.js";
import {
  CACHE_TYPES,
  type EntryToPut,
  type LimitRule,
  type Visit,
  type VisitRequest,
} from "../../src/domain/ports.js";
import { createTestRedis, hasRedis, type TestRedis } from "../support/database.js";
import { startUpstashServer, type UpstashServer } from "../support/upstash-server.js";

/** What the suite needs of a store: the part that in-process and Redis have in common. */
interface StoreUnderTest {
  visit(request: VisitRequest): Promise<Visit>;
  putEntry(entry: EntryToPut): Promise<boolean>;
  moveGeneration(analysisId: string): Promise<void>;
}

interface Opened {
  store: StoreUnderTest;
  /** Moves an injected clock on; real time passes by itself. */
  pass(ms: number): void;
  close(): Promise<void>;
}

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };
const HUNDRED: LimitRule = { name: "all", limit: 100, windowMs: 3_600_000 };

async function openMemory(): Promise<Opened> {
  let now = 1_700_000_000_000;
  return {
    store: new MemoryStore({ now: () => now }, { alone: true }),
    pass: (ms) => {
      now += ms;
    },
    close: async () => {},
  };
}

async function untilReady(ping: () => Promise<unknown>): Promise<void> {
  await vi.waitFor(ping, { timeout: 5000, interval: 20 });
}

async function openTcp(): Promise<Opened> {
  const server = await createTestRedis();
  const { redis, close } = connectTcp(server.url);
  const store = new RedisStore(redis);
  await untilReady(() => store.ping());
  return {
    store,
    pass: () => {},
    close: async () => {
      close();
      await server.stop();
    },
  };
}

async function openRest(): Promise<Opened> {
  const server = await createTestRedis();
  const upstash = await startUpstashServer({ redisUrl: server.url });
  return {
    store: new RedisStore(connectRest(upstash.url, upstash.token)),
    pass: () => {},
    close: async () => {
      await upstash.stop();
      await server.stop();
    },
  };
}

describe.each([
  { kind: "in process", open: openMemory, here: true },
  { kind: "Redis over TCP", open: openTcp, here: hasRedis },
  { kind: "Redis over REST", open: openRest, here: hasRedis },
])("the shared store $kind", ({ open, here }) => {
  describe.skipIf(!here)("as every store", () => {
    let opened: Opened;
    let store: StoreUnderTest;
    let user: string;
    let analysisId: string;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());
    beforeEach(() => {
      user = randomUUID();
      analysisId = `analysis:${randomUUID()}`;
    });

    const call = async (userId: string, ...rules: LimitRule[]) =>
      (await store.visit({ userId, rules })).limits;
    const generationOf = async (id = analysisId): Promise<string> => {
      const { generation } = await store.visit({ userId: user, rules: [HUNDRED], analysisId: id });
      if (generation === null) throw new Error("no generation");
      return generation;
    };
    const entryOf = async (type: (typeof CACHE_TYPES)[number] = "peg_comparison", id = analysisId) =>
      (await store.visit({ userId: user, rules: [HUNDRED], analysisId: id, entry: type })).entry;
    const put = async (value: Uint8Array, change: Partial<EntryToPut> = {}) =>
      store.putEntry({
        type: "peg_comparison",
        analysisId,
        value,
        ttlSeconds: 60,
        generation: await generationOf(),
        ...change,
      });

    describe("limits", () => {
      test("ten calls pass, the eleventh names the exhausted rule and when to come again", async () => {
        for (let used = 1; used <= 10; used++) {
          const decision = await call(user, TEN);
          expect(decision).toMatchObject({ allowed: true, rules: [{ ...TEN, remaining: 10 - used }] });
          expect(decision.exhausted).toBeUndefined();
        }
        const refused = await call(user, TEN);
        expect(refused).toMatchObject({
          allowed: false,
          exhausted: { name: "get", limit: 10, remaining: 0 },
        });
        expect(refused.exhausted?.resetMs).toBeGreaterThan(50_000);
        expect(refused.exhausted?.resetMs).toBeLessThanOrEqual(60_000);
      });

      test("of two rules, a refusal by either charges neither", async () => {
        const three: LimitRule = { name: "three", limit: 3, windowMs: 60_000 };
        for (let i = 0; i < 3; i++) expect((await call(user, three, HUNDRED)).allowed).toBe(true);
        for (let i = 0; i < 5; i++) {
          const refused = await call(user, three, HUNDRED);
          expect(refused.exhausted?.name).toBe("three");
          expect(refused.rules.map(({ remaining }) => remaining)).toEqual([0, 97]);
        }
        const second = await call(user, HUNDRED, three);
        expect(second.exhausted?.name).toBe("three");
        expect((await call(user, HUNDRED)).rules[0]?.remaining).toBe(96);
      });

      test("the later of two refusals is the one that is told", async () => {
        const minute: LimitRule = { name: "minute", limit: 1, windowMs: 60_000 };
        const hour: LimitRule = { name: "hour", limit: 1, windowMs: 3_600_000 };
        await call(user, minute, hour);
        for (const rules of [
          [minute, hour],
          [hour, minute],
        ]) {
          const refused = await call(user, ...rules);
          expect(refused.exhausted?.name).toBe("hour");
          expect(refused.exhausted?.resetMs).toBeGreaterThan(3_500_000);
        }
      });

      test("fifty calls at once pass exactly ten times", async () => {
        const decisions = await Promise.all(Array.from({ length: 50 }, () => call(user, TEN)));
        expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10);
      });

      test("users do not share a count, whatever their ids look like", async () => {
        const one: LimitRule = { name: "one", limit: 1, windowMs: 60_000 };
        const long = "u".repeat(4096);
        const ids = [
          "a:b",
          "a",
          "a:b:one",
          "b",
          "*",
          "?",
          "{a}",
          "a}",
          "ａ",
          "é",
          "e\u0301",
          "\u0000",
          long,
          `${long}2`,
        ]
          .concat("constructor", "__proto__", "a\nb", "a b", " a")
          .map((id) => `${id}${user}`);
        for (const id of ids) expect([id, (await call(id, one)).allowed]).toEqual([id, true]);
        for (const id of ids) expect([id, (await call(id, one)).allowed]).toEqual([id, false]);
      });

      test("rules of other names do not share a count", async () => {
        await Promise.all(Array.from({ length: 10 }, () => call(user, TEN)));
        expect((await call(user, { ...TEN, name: "status" })).rules[0]?.remaining).toBe(9);
      });

      test("a call passes again once resetMs has gone by", async () => {
        const rule: LimitRule = { name: "short", limit: 2, windowMs: 300 };
        await call(user, rule);
        await call(user, rule);
        const asked = performance.now();
        const resetMs = (await call(user, rule)).exhausted?.resetMs ?? Number.NaN;
        expect(resetMs).toBeLessThanOrEqual(300);
        opened.pass(resetMs);
        await expect.poll(async () => (await call(user, rule)).allowed, { interval: 5 }).toBe(true);
        expect(performance.now() - asked).toBeLessThan(resetMs + 200);
      });
    });

    describe("generations", () => {
      test("stay the same until they are moved", async () => {
        const first = await generationOf();
        expect(first).not.toBe("");
        expect(await generationOf()).toBe(first);
        await store.moveGeneration(analysisId);
        const second = await generationOf();
        expect(second).not.toBe(first);
        expect(await generationOf()).toBe(second);
      });

      test("of an analysis that was never asked for can be moved", async () => {
        await store.moveGeneration(analysisId);
        const moved = await generationOf();
        await store.moveGeneration(analysisId);
        expect(await generationOf()).not.toBe(moved);
      });

      test("are each analysis's own", async () => {
        const [mine, other] = [await generationOf(), await generationOf(`${analysisId}.2`)];
        expect(mine).not.toBe(other);
        await store.moveGeneration(`${analysisId}.2`);
        expect(await generationOf()).toBe(mine);
      });

      test("twenty first visits at once agree", async () => {
        const words = await Promise.all(Array.from({ length: 20 }, () => generationOf()));
        expect(new Set(words).size).toBe(1);
      });

      test("are told to a refused call as well, and not where no analysis is named", async () => {
        const none: LimitRule = { name: "none", limit: 1, windowMs: 60_000 };
        await call(user, none);
        const visit = await store.visit({ userId: user, rules: [none], analysisId });
        expect(visit.limits.allowed).toBe(false);
        expect(visit.generation).toBe(await generationOf());
        expect(await store.visit({ userId: user, rules: [HUNDRED] })).toMatchObject({
          generation: null,
          entry: null,
        });
      });
    });

    describe("entries", () => {
      test("come back to the byte", async () => {
        const values = [
          ...["007", "12345678901234567890", "1e5", "null", "true", '{"a":1}', "Aborted", "", " "].map(
            (text) => Buffer.from(text),
          ),
          Buffer.from([0, 255, 10, 13, 0, 128]),
          randomBytes(300_000),
        ];
        for (const value of values) {
          expect(await put(value)).toBe(true);
          const entry = await entryOf();
          expect(entry && Buffer.from(entry).equals(value)).toBe(true);
        }
      });

      test("are absent until put, and each type and analysis has its own", async () => {
        expect(await entryOf()).toBeNull();
        for (const type of CACHE_TYPES) expect(await put(Buffer.from(type), { type })).toBe(true);
        for (const type of CACHE_TYPES)
          expect(Buffer.from((await entryOf(type)) ?? []).toString()).toBe(type);
        expect(await entryOf("peg_comparison", `${analysisId}.2`)).toBeNull();
      });

      test("are read only where they are asked for", async () => {
        await put(Buffer.from("x"));
        expect((await store.visit({ userId: user, rules: [HUNDRED], analysisId })).entry).toBeNull();
      });

      test("end with their time", async () => {
        await put(Buffer.from("short"), { ttlSeconds: 1 });
        expect(await entryOf()).not.toBeNull();
        opened.pass(1000);
        await expect.poll(() => entryOf(), { interval: 20, timeout: 2000 }).toBeNull();
      });

      test("C4: are refused under a generation that has moved", async () => {
        const old = await generationOf();
        await store.moveGeneration(analysisId);
        expect(await put(Buffer.from("old"), { generation: old })).toBe(false);
        expect(await entryOf()).toBeNull();
        expect(await put(Buffer.from("made up"), { generation: randomUUID() })).toBe(false);
        expect(await put(Buffer.from("new"))).toBe(true);
        expect(await put(Buffer.from("old"), { generation: old })).toBe(false);
        expect(Buffer.from((await entryOf()) ?? []).toString()).toBe("new");
      });

      test("go when the generation moves, of all types, and only those of that analysis", async () => {
        for (const type of CACHE_TYPES) await put(Buffer.from("x"), { type });
        const other = `${analysisId}.2`;
        await put(Buffer.from("kept"), { analysisId: other, generation: await generationOf(other) });
        await store.moveGeneration(analysisId);
        for (const type of CACHE_TYPES) expect(await entryOf(type)).toBeNull();
        expect(await entryOf("peg_comparison", other)).not.toBeNull();
      });
    });
  });
});

/** Calls that a sliding log admits, by going through all of them. */
class LimitModel {
  readonly #admitted: { at: number; name: string }[] = [];

  take(now: number, rules: readonly LimitRule[]): boolean {
    const fits = rules.every(
      ({ name, limit, windowMs }) =>
        this.#admitted.filter((call) => call.name === name && call.at > now - windowMs).length < limit,
    );
    if (fits) for (const { name } of rules) this.#admitted.push({ at: now, name });
    return fits;
  }
}

describe("limits in process over time", () => {
  const rules = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 300 }))
    .chain(([limit, windowMs]) =>
      fc.record({
        minor: fc.constant({ name: "minor", limit, windowMs }),
        major: fc.record({
          name: fc.constant("major"),
          limit: fc.integer({ min: 1, max: 12 }),
          windowMs: fc.integer({ min: 1, max: 900 }),
        }),
      }),
    );
  const calls = fc.array(fc.record({ pause: fc.nat({ max: 120 }), both: fc.boolean() }), {
    minLength: 1,
    maxLength: 80,
  });

  // One store for all cases, each with a user of its own: to make a store takes longer than a case.
  let now = 0;
  let cases = 0;
  const shared = new MemoryStore({ now: () => now }, { alone: true });
  const beginCase = () => {
    now = 1_700_000_000_000;
    return `user ${cases++}`;
  };

  test("F7: every verdict is that of a model, and no window of any kind holds more than the limit", async () => {
    await fc.assert(
      fc.asyncProperty(rules, calls, async ({ minor, major }, steps) => {
        const userId = beginCase();
        const model = new LimitModel();
        const admitted: { at: number; asked: LimitRule[] }[] = [];
        const wrong: object[] = [];
        for (const [step, { pause, both }] of steps.entries()) {
          now += pause;
          const asked = both ? [minor, major] : [major];
          const { limits } = await shared.visit({ userId, rules: asked });
          if (limits.allowed !== model.take(now, asked)) wrong.push({ step, now });
          if (limits.allowed) admitted.push({ at: now, asked });
        }
        for (const rule of [minor, major]) {
          const times = admitted.filter(({ asked }) => asked.includes(rule)).map(({ at }) => at);
          for (const from of times) {
            const held = times.filter((at) => at >= from && at < from + rule.windowMs).length;
            if (held > rule.limit) wrong.push({ rule, from, held });
          }
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  test("L12: after resetMs the same call passes, and a millisecond earlier it does not", async () => {
    await fc.assert(
      fc.asyncProperty(rules, calls, async ({ minor, major }, steps) => {
        const userId = beginCase();
        const take = () => shared.take(userId, [minor, major]);
        const verdicts: boolean[] = [];
        for (const { pause } of steps) {
          now += pause;
          const { exhausted } = take();
          if (!exhausted) continue;
          now += exhausted.resetMs - 1;
          verdicts.push(!take().allowed);
          now += 1;
          verdicts.push(take().allowed);
        }
        expect(verdicts).not.toContain(false);
      }),
      { numRuns: 1000 },
    );
  });

  test("a call that costs more than is left is refused and charges nothing", () => {
    const store = new MemoryStore({ now: () => 0 }, { alone: true });
    for (let i = 0; i < 9; i++) store.take("u", [TEN]);
    expect(store.take("u", [TEN], 5)).toMatchObject({ allowed: false, rules: [{ remaining: 1 }] });
    expect(store.take("u", [TEN])).toMatchObject({ allowed: true, rules: [{ remaining: 0 }] });
  });

  test("a store that is not alone has neither generations nor entries", async () => {
    const store = new MemoryStore({ now: () => 0 }, { alone: false });
    const visit = await store.visit({ userId: "u", rules: [TEN], analysisId: "a", entry: "metadata" });
    expect(visit).toMatchObject({ generation: null, entry: null, limits: { allowed: true } });
  });
});

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
    const monitor = await new IoRedis(server.url).monitor();
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      if (source !== "lua") commands.push(String(args[0]).toUpperCase());
    });
    await work();
    await raw.echo("end");
    await expect.poll(() => commands.at(-1)).toBe("ECHO");
    monitor.disconnect();
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

  test("a visit is one pipeline over TCP, and parallel ones do not mix", async () => {
    await overTcp.visit(visit());
    expect(await commandsDuring(() => overTcp.visit(visit()))).toEqual(["EVALSHA", "GET", "GET"]);
    const many = await commandsDuring(() =>
      Promise.all(Array.from({ length: 5 }, (_, i) => overTcp.visit(visit(`user ${i}`)))),
    );
    expect(many).toEqual(Array.from({ length: 5 }, () => ["EVALSHA", "GET", "GET"]).flat());
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
    const until = performance.now() + 1500;
    while (performance.now() < until) {
      const before = performance.now();
      const { limits } = await overTcp.visit({ userId: "u", rules: [rule] });
      if (limits.allowed) passed.push({ before, after: performance.now() });
    }
    // The server's clock ticks in whole milliseconds: windows of it may seem one shorter from here.
    for (const { after } of passed) {
      const inWindow = passed.filter(
        (call) => call.before >= after && call.after < after + rule.windowMs - 1,
      );
      expect(inWindow.length).toBeLessThanOrEqual(rule.limit);
    }
    // 7 whole windows: the log admits the full rate as well.
    expect(passed.length).toBeGreaterThanOrEqual(30);
    expect(passed.length).toBeLessThanOrEqual(40);
  });

  test("L7: a key of another type is an error here, for the caller to survive", async () => {
    await overTcp.visit({ userId: "u", rules: [TEN] });
    const [key = ""] = await raw.keys("peg_limit*");
    await raw.set(key, "text");
    await expect(overTcp.visit({ userId: "u", rules: [TEN] })).rejects.toThrow("WRONGTYPE");
    await expect(overRest.visit({ userId: "u", rules: [TEN] })).rejects.toThrow("WRONGTYPE");
  });
});
