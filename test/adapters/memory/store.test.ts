import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/adapters/memory/store.js";
import type { LimitRule } from "../../../src/domain/ports.js";
import { expectExactLimits, limitCases } from "../limit-model.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };

describe("limits in process over time", () => {
  // One store for all cases, each with a user of its own: to make a store takes longer than a case.
  let now = 0;
  let cases = 0;
  const shared = new MemoryStore({ now: () => now }, { alone: true });
  const beginCase = () => {
    now = 1_700_000_000_000;
    return `user ${cases++}`;
  };

  test("F7: every verdict is that of a model, and no window of any kind holds more than the limit", async () => {
    const begin = () => {
      const userId = beginCase();
      return {
        take: async (rules: LimitRule[]) => (await shared.visit({ userId, rules })).limits.allowed,
        pass: (ms: number) => {
          now += ms;
        },
      };
    };
    await expectExactLimits(begin, { unitMs: 1, runs: 10_000 });
  });

  test("L12: after resetMs the same call passes, and a millisecond earlier it does not", async () => {
    const { rules, calls } = limitCases(1);
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

describe("a store in process", () => {
  let now = 0;
  const open = () => new MemoryStore({ now: () => now }, { alone: true });
  const entryOf = async (store: MemoryStore, analysisId: string) =>
    (await store.visit({ userId: "u", rules: [], analysisId, entry: "metadata" })).entry;
  const put = async (store: MemoryStore, analysisId: string, value: Uint8Array, ttlSeconds: number) => {
    const { generation } = await store.visit({ userId: "u", rules: [], analysisId });
    await store.putEntry({ type: "metadata", analysisId, value, ttlSeconds, generation: String(generation) });
  };

  test("is ready from the first call on, whose limits are whole", () => {
    const store = open();
    expect(store.state()).toBe("ready");
    expect(store.take("u", [TEN]).rules).toEqual([{ ...TEN, remaining: 9, resetMs: 60_000 }]);
  });

  test("tells of two rules that refuse for as long the first", () => {
    const store = open();
    const rules = [
      { ...TEN, name: "first", limit: 1 },
      { ...TEN, name: "second", limit: 1 },
    ];
    store.take("u", rules);
    expect(store.take("u", rules).exhausted).toMatchObject({ name: "first" });
  });

  test("holds an entry for as long as it may, to the millisecond", async () => {
    const store = open();
    await put(store, "a", Buffer.from("x"), 60);
    now += 59_999;
    expect(await entryOf(store, "a")).toEqual(Buffer.from("x"));
    now += 1;
    expect(await entryOf(store, "a")).toBeNull();
  });

  test("holds 32 MiB of entries at most, the newest", async () => {
    const store = open();
    for (let i = 0; i < 33; i++) await put(store, `a${i}`, Buffer.alloc(1024 * 1024), 60);
    expect(await entryOf(store, "a0")).toBeNull();
    expect(await entryOf(store, "a32")).not.toBeNull();
  });

  test("keeps the place of a stream for as long as it said, and no other's place goes with it", async () => {
    const store = open();
    const hold = (streamId: string, ttlMs: number) =>
      store.holdStream({ userId: "u", streamId, max: 2, ttlMs });
    await store.dropStream({ userId: "u", streamId: "never held" });
    expect(await hold("short", 50)).toBe(true);
    expect(await hold("long", 1000)).toBe(true);
    now += 49;
    expect(await hold("third", 1000)).toBe(false);
    now += 1;
    expect(await hold("third", 1000)).toBe(true);
    await store.dropStream({ userId: "u", streamId: "third" });
    expect(await hold("fourth", 1000)).toBe(true);
    expect(await hold("fifth", 1000)).toBe(false);
  });
});
