import { createHash } from "node:crypto";
import type { Ratelimit } from "@upstash/ratelimit";
import type { LimitDecision, LimitRule } from "../../domain/ports.js";

/**
 * One log of call times a rule, all rules in one step, by the server's clock. Either all rules take the
 * call or none does, so a refused call costs nothing. Answers refused rule (0 for none), then for each rule
 * the calls counted and the milliseconds until one leaves the window or this call would pass.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cost = tonumber(ARGV[1])
local refused = 0
local states = {}
for i = 1, #KEYS do
  local limit = tonumber(ARGV[2 * i])
  local window = tonumber(ARGV[2 * i + 1])
  local oldest = redis.call('LINDEX', KEYS[i], 0)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', KEYS[i])
    oldest = redis.call('LINDEX', KEYS[i], 0)
  end
  local used = redis.call('LLEN', KEYS[i])
  local reset = oldest and tonumber(oldest) + window - now or window
  if used + cost > limit then
    local last = redis.call('LINDEX', KEYS[i], used + cost - limit - 1)
    reset = last and tonumber(last) + window - now or window
    if refused == 0 or reset > states[refused][2] then refused = i end
  end
  states[i] = { used, reset }
end
local answer = { refused }
for i = 1, #KEYS do
  local used, reset = states[i][1], states[i][2]
  if refused == 0 then
    for _ = 1, cost do redis.call('RPUSH', KEYS[i], now) end
    redis.call('PEXPIRE', KEYS[i], tonumber(ARGV[2 * i + 1]))
    used = used + cost
  end
  answer[2 * i] = used
  answer[2 * i + 1] = reset
end
return answer
`;
const SCRIPT_HASH = createHash("sha1").update(SCRIPT).digest("hex");

type Limiter = ConstructorParameters<typeof Ratelimit>[0]["limiter"];
export type DecisionResponse = Awaited<ReturnType<Ratelimit["limit"]>> & { decision: LimitDecision };

/** Makes a decision of the script's answer. */
function readDecision(answer: number[], rules: readonly LimitRule[]): LimitDecision {
  const states = rules.map(({ name, limit, windowMs }, i) => ({
    name,
    limit,
    windowMs,
    remaining: Math.max(0, limit - Number(answer[2 * i + 1])),
    resetMs: Math.max(1, Number(answer[2 * i + 2])),
  }));
  const refused = Number(answer[0]);
  return { allowed: refused === 0, rules: states, exhausted: states[refused - 1] };
}

/**
 * An algorithm for @upstash/ratelimit that never admits more than the limit in any window. The package's own
 * windows admit up to twice that across a boundary, read the caller's clock and charge refused calls.
 *
 * Its response carries `decision`, which tells of every rule.
 */
export function slidingLog(rules: readonly LimitRule[]): Limiter {
  const bounds = rules.flatMap((rule) => [rule.limit, rule.windowMs]);
  return () => ({
    async limit(ctx, identifier, rate) {
      const keys = rules.map((rule) => `${identifier}:${rule.name}`);
      const args = [rate ?? 1, ...bounds];
      let answer: number[];
      try {
        answer = await ctx.redis.evalsha<(string | number)[], number[]>(SCRIPT_HASH, keys, args);
      } catch (error) {
        if (!String(error).includes("NOSCRIPT")) throw error;
        answer = await ctx.redis.eval<(string | number)[], number[]>(SCRIPT, keys, args);
      }
      const decision = readDecision(answer, rules);
      const tightest =
        decision.exhausted ?? decision.rules.reduce((a, b) => (b.remaining < a.remaining ? b : a));
      const response: DecisionResponse = {
        success: decision.allowed,
        limit: tightest.limit,
        remaining: tightest.remaining,
        reset: Date.now() + tightest.resetMs,
        pending: Promise.resolve(),
        decision,
      };
      return response;
    },
    async getRemaining(ctx, identifier) {
      const used = await Promise.all(rules.map((rule) => ctx.redis.llen(`${identifier}:${rule.name}`)));
      const remaining = Math.min(...rules.map((rule, i) => Math.max(0, rule.limit - (used[i] ?? 0))));
      return { remaining, reset: Date.now(), limit: Math.min(...rules.map((rule) => rule.limit)) };
    },
    async resetTokens(ctx, identifier) {
      await ctx.redis.del(...rules.map((rule) => `${identifier}:${rule.name}`));
    },
  });
}
