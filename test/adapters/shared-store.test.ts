import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/store.js";
import { connectRest } from "../../src/adapters/redis/rest-client.js";
import { RedisStore } from "../../src/adapters/redis/shared-store.js";
import { connectTcp } from "../../src/adapters/redis/tcp-requester.js";
import {
  CACHE_TYPES,
  type EntryToPut,
  type LimitRule,
  type StreamPlace,
  type Visit,
  type VisitRequest,
} from "../../src/domain/ports.js";
import { createTestRedis, hasRedis } from "../support/database.js";
import { startUpstashServer } from "../support/upstash-server.js";

/** What the suite needs of a store: the part that in-process and Redis have in common. */
interface StoreUnderTest {
  visit(request: VisitRequest): Promise<Visit>;
  putEntry(entry: EntryToPut): Promise<boolean>;
  moveGeneration(analysisId: string): Promise<unknown>;
  holdStream(request: StreamPlace & { max: number; ttlMs: number }): Promise<boolean>;
  dropStream(place: StreamPlace): Promise<void>;
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

    describe("places for streams", () => {
      const hold = (streamId: string, ttlMs = 60_000) =>
        store.holdStream({ userId: user, streamId, max: 5, ttlMs });

      test("five of fifty that ask at once get one, and keep it", async () => {
        const ids = Array.from({ length: 50 }, () => randomUUID());
        const held = await Promise.all(ids.map((id) => hold(id)));
        const taken = ids.filter((_, i) => held[i]);
        expect(taken).toHaveLength(5);
        expect(await Promise.all(taken.map((id) => hold(id)))).toEqual([true, true, true, true, true]);
        expect(await store.holdStream({ userId: randomUUID(), streamId: "x", max: 5, ttlMs: 1000 })).toBe(
          true,
        );
      });

      test("one that is given back, or not kept, is free again", async () => {
        for (const id of ["a", "b", "c", "d"]) expect(await hold(id)).toBe(true);
        expect(await hold("short", 1_000)).toBe(true);
        expect(await hold("late")).toBe(false);
        opened.pass(1_001);
        await vi.waitFor(async () => expect(await hold("late")).toBe(true), {
          interval: 10,
          timeout: 10_000,
        });
        expect(await hold("one more")).toBe(false);
        await store.dropStream({ userId: user, streamId: "a" });
        await store.dropStream({ userId: user, streamId: "never held" });
        expect(await hold("one more")).toBe(true);
      });
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

      test("L11: users do not share a count, whatever their ids look like", async () => {
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
        const rule: LimitRule = { name: "short", limit: 2, windowMs: 1_500 };
        await call(user, rule);
        await call(user, rule);
        const asked = performance.now();
        const resetMs = (await call(user, rule)).exhausted?.resetMs ?? Number.NaN;
        expect(resetMs).toBeLessThanOrEqual(rule.windowMs);
        opened.pass(resetMs);
        await expect
          .poll(async () => (await call(user, rule)).allowed, { interval: 5, timeout: 10_000 })
          .toBe(true);
        expect(performance.now() - asked).toBeLessThan(resetMs + 1_000);
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
        await expect.poll(() => entryOf(), { interval: 20, timeout: 5_000 }).toBeNull();
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
