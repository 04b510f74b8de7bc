import { beforeEach, describe, expect, test } from "vitest";
import { AnswerCache, type HeldAnswer } from "../../../src/domain/comparison/answer-cache.js";
import { EncodedAnswer } from "../../../src/domain/comparison/encoded-answer.js";

const MIB = 1024 * 1024;
const REVISION = "revision 1";
const VERSION = "v2.1.0";
const HOT_S = 1800;
const WARM_S = 3600;
const COLD_S = 7200;

let now: number;
let cache: AnswerCache;
beforeEach(() => {
  now = 1_700_000_000_000;
  cache = new AnswerCache({ now: () => now });
});

const pass = (seconds: number) => {
  now += seconds * 1000;
};
const answerOf = (text = "{}", ttlSeconds = 86_400): HeldAnswer => ({
  revision: REVISION,
  algorithmVersion: VERSION,
  whole: EncodedAnswer.of(text, undefined),
  filledAt: now,
  ttlMs: ttlSeconds * 1000,
});
/** An answer of so many bytes; all share the same memory. */
const ZEROS = Buffer.alloc(130 * MIB);
const large = (mib: number): HeldAnswer => ({
  ...answerOf(),
  whole: new EncodedAnswer(ZEROS.subarray(0, mib * MIB), 1),
});
const get = (id = "a", revision = REVISION, version = VERSION) =>
  cache.get("peg_comparison", id, revision, version);
const put = (id = "a", answer = answerOf()) => cache.put("peg_comparison", id, answer);
const ask = (times: number, id = "a") => {
  for (let i = 0; i < times; i++) get(id);
};

describe("an answer", () => {
  test("is given back as the very same", () => {
    const answer = answerOf();
    put("a", answer);
    expect(get()).toBe(answer);
    expect(get("b")).toBeUndefined();
    expect(cache.get("summary_stats", "a", REVISION, VERSION)).toBeUndefined();
  });

  test("is replaced by a newer one", () => {
    put();
    const newer = answerOf('{"newer":true}');
    put("a", newer);
    expect(get()).toBe(newer);
  });

  test.each([
    ["another revision", "revision 2", VERSION],
    ["another version of the method", REVISION, "v3"],
  ])("is no answer to %s, and is dropped then", (_, revision, version) => {
    put();
    expect(cache.get("peg_comparison", "a", revision, version)).toBeUndefined();
    expect(cache.has("peg_comparison", "a")).toBe(false);
    expect(get()).toBeUndefined();
  });

  test("that is too old is none, so that another one may be looked for elsewhere", () => {
    for (const [ttlSeconds, lasts] of [
      [60, 60],
      [86_400, COLD_S],
    ] as const) {
      put("a", answerOf("{}", ttlSeconds));
      pass(lasts - 1);
      expect(cache.has("peg_comparison", "a")).toBe(true);
      pass(1);
      expect(cache.has("peg_comparison", "a")).toBe(false);
    }
  });

  test("goes with its analysis, in all kinds, or with all", () => {
    for (const id of ["a", "b"]) {
      put(id);
      cache.put("summary_stats", id, answerOf());
    }
    cache.drop("a");
    expect([cache.has("peg_comparison", "a"), cache.has("summary_stats", "a")]).toEqual([false, false]);
    expect([cache.has("peg_comparison", "b"), cache.has("summary_stats", "b")]).toEqual([true, true]);
    cache.dropAll();
    expect([cache.has("peg_comparison", "b"), cache.has("summary_stats", "b")]).toEqual([false, false]);
  });

  test("goes from whichever tier it is in", () => {
    for (const asked of [0, 11, 101]) {
      for (const drop of [() => cache.drop("a"), () => cache.dropAll()]) {
        cache = new AnswerCache({ now: () => now });
        ask(asked);
        put();
        expect(cache.has("peg_comparison", "a")).toBe(true);
        drop();
        expect(cache.has("peg_comparison", "a")).toBe(false);
      }
    }
  });

  test("that is found is counted as a hit of the tier that it was in, and nothing else is", () => {
    const hits: string[] = [];
    cache = new AnswerCache({ now: () => now }, { cacheHit: (tier) => void hits.push(tier) });
    get();
    put();
    get("a", "revision 2");
    put();
    ask(102);
    expect(hits).toEqual([...Array(9).fill("cold"), ...Array(90).fill("warm"), ...Array(3).fill("hot")]);
  });

  test("has() tells of it without counting as a question", () => {
    put();
    for (let i = 0; i < 200; i++) expect(cache.has("peg_comparison", "a")).toBe(true);
    pass(COLD_S - 1);
    expect(get()).toBeDefined();
  });
});

describe("how long an answer is held", () => {
  test("is the time of the request that filled it", () => {
    put("a", answerOf("{}", 10));
    pass(9.999);
    expect(get()).toBeDefined();
    pass(0.001);
    expect(get()).toBeUndefined();
    expect(cache.has("peg_comparison", "a")).toBe(false);
  });

  test.each([
    ["cold, asked for once", 0, COLD_S],
    ["cold, asked for ten times", 9, COLD_S],
    ["warm, asked for eleven times", 10, WARM_S],
    ["warm, asked for a hundred times", 99, WARM_S],
    ["hot, asked for a hundred and one times", 100, HOT_S],
  ])("is bounded by its tier: %s", (_, askedBefore, seconds) => {
    for (const late of [false, true]) {
      cache = new AnswerCache({ now: () => now });
      put();
      ask(askedBefore);
      pass(late ? seconds : seconds - 0.001);
      expect(get() !== undefined).toBe(!late);
    }
  });

  test("is that of its tier from when this process took it, and of its filling whoever filled it", () => {
    const old = answerOf("{}", WARM_S);
    pass(HOT_S + 1);
    ask(101);
    put("a", old);
    pass(WARM_S - HOT_S - 2);
    expect(get()).toBe(old);
    pass(1);
    expect(get()).toBeUndefined();
  });

  test("starts when it was filled, and not anew with each question", () => {
    put("a", answerOf("{}", 100));
    for (let i = 0; i < 9; i++) {
      pass(11);
      expect(get()).toBeDefined();
    }
    pass(1);
    expect(get()).toBeUndefined();
  });
});

describe("the tiers", () => {
  const heldOf = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => cache.has("peg_comparison", `${prefix}${i}`)).filter(Boolean)
      .length;

  test("hold 100 cold answers, the latest", () => {
    for (let i = 0; i < 150; i++) put(`cold ${i}`);
    expect(heldOf("cold ", 150)).toBe(100);
    expect(cache.has("peg_comparison", "cold 149")).toBe(true);
    expect(cache.has("peg_comparison", "cold 0")).toBe(false);
  });

  test("hold 500 warm answers", () => {
    for (let i = 0; i < 600; i++) {
      ask(11, `warm ${i}`);
      put(`warm ${i}`);
    }
    expect(heldOf("warm ", 600)).toBe(500);
  });

  test("hold 1000 hot answers", () => {
    for (let i = 0; i < 1100; i++) {
      ask(101, `hot ${i}`);
      put(`hot ${i}`);
    }
    expect(heldOf("hot ", 1100)).toBe(1000);
  });

  test.each([
    ["cold", 0, 64],
    ["warm", 11, 64],
    ["hot", 101, 128],
  ])("hold no more bytes than theirs: %s", (_, asked, mib) => {
    for (let i = 0; i < 20; i++) {
      ask(asked, `a${i}`);
      put(`a${i}`, large(10));
    }
    expect(heldOf("a", 20)).toBe(Math.floor((mib * MIB) / (10 * MIB + 1)));
    ask(asked, "too large");
    put("too large", large(mib));
    expect(cache.has("peg_comparison", "too large")).toBe(false);
  });

  test("count an answer anew that is asked for in another form as well", () => {
    const grown = large(20);
    put("grown", grown);
    put("other", large(20));
    grown.bare = large(30).whole;
    expect(cache.has("peg_comparison", "other")).toBe(true);
    expect(get("grown")).toBe(grown);
    expect(cache.has("peg_comparison", "other")).toBe(false);
    expect(get("grown")).toBe(grown);
  });

  test("an answer that is put again in another form grows no younger", () => {
    const held = large(1);
    put("a", held);
    pass(COLD_S - 1);
    put("a", held);
    expect(cache.has("peg_comparison", "a")).toBe(true);
    pass(1);
    expect(cache.has("peg_comparison", "a")).toBe(false);
  });

  test("an answer that was asked for just now is the last to go", () => {
    put("kept");
    for (let i = 0; i < 99; i++) put(`cold ${i}`);
    get("kept");
    put("one more");
    expect(cache.has("peg_comparison", "kept")).toBe(true);
    expect(cache.has("peg_comparison", "cold 0")).toBe(false);
  });

  test("hold an answer once: the one before goes from the tier that it was in", () => {
    put();
    for (let i = 0; i < 11; i++) cache.get("summary_stats", "a", REVISION, VERSION);
    put("a", answerOf('{"newer":true}'));
    for (let i = 0; i < 600; i++) {
      ask(11, `warm ${i}`);
      put(`warm ${i}`);
    }
    expect(cache.has("peg_comparison", "a")).toBe(false);
  });

  test("questions for five thousand analyses are counted, the latest", () => {
    ask(11);
    for (let i = 0; i < 4_999; i++) get(`b${i}`);
    put();
    for (let i = 0; i < 150; i++) put(`cold ${i}`);
    expect(cache.has("peg_comparison", "a")).toBe(true);
    for (let i = 0; i < 5_000; i++) get(`c${i}`);
    put();
    for (let i = 0; i < 150; i++) put(`cold ${i}`);
    expect(cache.has("peg_comparison", "a")).toBe(false);
  });

  test("an answer moves up as it is asked for, where a flood of cold ones does not reach it", () => {
    put("kept");
    ask(11, "kept");
    for (let i = 0; i < 150; i++) put(`cold ${i}`);
    expect(get("kept")).toBeDefined();
    ask(100, "kept");
    for (let i = 0; i < 600; i++) {
      ask(11, `warm ${i}`);
      put(`warm ${i}`);
    }
    expect(get("kept")).toBeDefined();
  });

  test("the same answer, asked for ten times only, is reached by that flood", () => {
    put("lost");
    ask(10, "lost");
    for (let i = 0; i < 150; i++) put(`cold ${i}`);
    expect(get("lost")).toBeUndefined();
  });

  test("an analysis that nobody asks for in two hours is counted from nought again", () => {
    ask(101);
    pass(7201);
    put();
    pass(HOT_S + 1);
    expect(get()).toBeDefined();
  });

  test("questions for all kinds of answers of an analysis count together", () => {
    for (let i = 0; i < 101; i++) cache.get("summary_stats", "a", REVISION, VERSION);
    put();
    pass(HOT_S);
    expect(get()).toBeUndefined();
  });
});
