import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/adapters/memory/store.js";
import type { LimitRule } from "../../../src/domain/ports.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };

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
