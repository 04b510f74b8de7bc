import { createHash } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DecisionResponse, slidingLog } from "../../../src/adapters/redis/sliding-log.js";
import type { LimitRule } from "../../../src/domain/ports.js";

const TEN: LimitRule = { name: "get", limit: 10, windowMs: 60_000 };
const HUNDRED: LimitRule = { name: "all", limit: 100, windowMs: 3_600_000 };
const NOW = 1_700_000_000_000;

describe("what the log of calls asks of Redis, and makes of its answer", () => {
  let redis: Record<"evalsha" | "eval" | "llen" | "del", ReturnType<typeof vi.fn>>;
  let limits: Ratelimit;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    redis = { evalsha: vi.fn(), eval: vi.fn(), llen: vi.fn(), del: vi.fn() };
    limits = new Ratelimit({
      redis: redis as never,
      limiter: slidingLog([TEN, HUNDRED]),
      prefix: "p",
      timeout: 0,
      ephemeralCache: false,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const answered = async (...answer: number[]) => {
    redis.evalsha.mockResolvedValueOnce(answer);
    return (await limits.limit("u")) as DecisionResponse;
  };

  test("is one step for all rules: a log of each, what the call costs, and what each allows", async () => {
    await answered(0, 1, 1, 1, 1);
    expect(redis.evalsha).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^[0-9a-f]{40}$/),
      ["p:u:get", "p:u:all"],
      [1, 10, 60_000, 100, 3_600_000],
    );
    redis.evalsha.mockResolvedValueOnce([0, 5, 1, 5, 1]);
    await limits.limit("u", { rate: 5 });
    expect(redis.evalsha.mock.lastCall?.[2]).toEqual([5, 10, 60_000, 100, 3_600_000]);
    expect(redis.eval).not.toHaveBeenCalled();
  });

  test("is sent whole where the server does not know it, and by its digest where it does", async () => {
    redis.evalsha.mockRejectedValueOnce(new Error("NOSCRIPT No matching script."));
    redis.eval.mockResolvedValueOnce([0, 4, 7, 4, 8]);
    const { decision } = (await limits.limit("u")) as DecisionResponse;
    expect(decision.rules.map(({ remaining }) => remaining)).toEqual([6, 96]);
    const [hash, ...rest] = redis.evalsha.mock.lastCall ?? [];
    const [script, ...same] = redis.eval.mock.lastCall ?? [];
    expect(createHash("sha1").update(script).digest("hex")).toBe(hash);
    expect(same).toEqual(rest);
  });

  test("is not sent again where it failed for another reason", async () => {
    redis.evalsha.mockRejectedValueOnce(new Error("READONLY"));
    await expect(limits.limit("u")).rejects.toThrow("READONLY");
    expect(redis.eval).not.toHaveBeenCalled();
  });

  test("where all rules take the call, tells of each, and in short of the tightest", async () => {
    const response = await answered(0, 4, 700, 97, 9000);
    expect(response.decision).toEqual({
      allowed: true,
      exhausted: undefined,
      rules: [
        { ...TEN, remaining: 6, resetMs: 700 },
        { ...HUNDRED, remaining: 3, resetMs: 9000 },
      ],
    });
    expect(response).toMatchObject({ success: true, limit: 100, remaining: 3, reset: NOW + 9000 });
    expect(await answered(0, 9, 700, 50, 9000)).toMatchObject({ limit: 10, remaining: 1, reset: NOW + 700 });
    // Of two alike the call's own.
    expect(await answered(0, 7, 700, 97, 9000)).toMatchObject({ limit: 10, remaining: 3 });
  });

  test.each([
    [1, TEN],
    [2, HUNDRED],
  ])("where rule %i refuses, names it", async (refused, rule) => {
    const { decision, ...response } = await answered(refused, 10, 700, 100, 9000);
    const state = { ...rule, remaining: 0, resetMs: rule === TEN ? 700 : 9000 };
    expect(decision).toMatchObject({ allowed: false, exhausted: state });
    expect(response).toMatchObject({ success: false, limit: rule.limit, reset: NOW + state.resetMs });
  });

  test("says nothing below nought, nor that a call passes now, where a limit was lowered or time went by", async () => {
    const { decision } = await answered(1, 14, 0, 3, -5);
    expect(decision.rules).toEqual([
      { ...TEN, remaining: 0, resetMs: 1 },
      { ...HUNDRED, remaining: 97, resetMs: 1 },
    ]);
  });

  test("the calls that are left are those of the tightest rule, never below nought", async () => {
    const left = async (get: number, all: number) => {
      redis.llen.mockImplementation(async (key: string) => (key === "p:u:get" ? get : all));
      return limits.getRemaining("u");
    };
    expect(await left(4, 5)).toEqual({ remaining: 6, reset: NOW, limit: 10 });
    expect(await left(1, 98)).toMatchObject({ remaining: 2 });
    expect(await left(12, 5)).toMatchObject({ remaining: 0 });
    expect(redis.llen.mock.calls.slice(0, 2)).toEqual([["p:u:get"], ["p:u:all"]]);
  });

  test("to forget a user's calls deletes their logs of all rules", async () => {
    await limits.resetUsedTokens("u");
    expect(redis.del).toHaveBeenCalledExactlyOnceWith("p:u:get", "p:u:all");
  });
});
