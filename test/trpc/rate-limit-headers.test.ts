import { expect, test } from "vitest";
import type { LimitDecision, RuleState } from "../../src/domain/ports.js";
import { rateLimitHeaders } from "../../src/trpc/rate-limit-headers.js";

const state = (name: string, remaining: number, windowMs = 60_000): RuleState => ({
  name,
  limit: 10,
  windowMs,
  remaining,
  resetMs: 1_500,
});
const decision = (...rules: RuleState[]): LimitDecision => ({ allowed: true, exhausted: undefined, rules });

test("limits of a batch are told in one order, whichever of its calls was counted first", () => {
  const get = decision(state("get", 3), state("all", 8, 3_600_000));
  const status = decision(state("status", 5), state("all", 7, 3_600_000));
  const told = {
    "ratelimit-policy": '"get";q=10;w=60, "status";q=10;w=60, "all";q=10;w=3600',
    ratelimit: '"get";r=3;t=2, "status";r=5;t=2, "all";r=7;t=2',
  };
  expect(rateLimitHeaders([get, status])).toEqual(told);
  expect(rateLimitHeaders([status, get])).toEqual(told);
});
