import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { LIMITS } from "../setup.js";

/** A sliding log a limit, charged all or none, and the generation of the analysis: one script, one trip. */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local logs = #KEYS - 1
for i = 1, logs do
  local window = tonumber(ARGV[2 * i])
  local oldest = redis.call('LINDEX', KEYS[i], 0)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', KEYS[i])
    oldest = redis.call('LINDEX', KEYS[i], 0)
  end
  if redis.call('LLEN', KEYS[i]) >= tonumber(ARGV[2 * i - 1]) then return { i, false } end
end
for i = 1, logs do
  redis.call('RPUSH', KEYS[i], now)
  redis.call('PEXPIRE', KEYS[i], ARGV[2 * i])
end
return { 0, redis.call('GET', KEYS[#KEYS]) }
`;
const SCRIPT_HASH = createHash("sha1").update(SCRIPT).digest("hex");
const LIMIT_ARGS = LIMITS.flatMap(({ limit, windowMs }) => [String(limit), String(windowMs)]);
const KEY_COUNT = LIMITS.length + 1;

/** Whether the limits let a call pass, and the generation of what it asks for. */
export interface VisitOutcome {
  allowed: boolean;
  generation: string | null;
}

export type VisitOnce = (limitKeys: readonly string[], id: string) => Promise<VisitOutcome>;

/** All that a call needs of Redis, in one round trip; calls of the same turn share a write to the socket. */
export async function visitRedis(url: string): Promise<VisitOnce> {
  const client = new Redis(url, { enableAutoPipelining: true });
  await client.script("LOAD", SCRIPT);
  return async (limitKeys, id) => {
    const reply = await client.evalsha(
      SCRIPT_HASH,
      KEY_COUNT,
      ...limitKeys,
      `peg_generation:${id}`,
      ...LIMIT_ARGS,
    );
    const [refused, generation] = reply as [number, string | null];
    return { allowed: refused === 0, generation };
  };
}

/** The same in memory, where there is no Redis. A log begins at an index, so that no call moves the rest. */
export function visitMemory(): VisitOnce {
  const logs = new Map<string, { times: number[]; first: number }>();
  return async (limitKeys) => {
    const now = Date.now();
    for (let i = 0; i < LIMITS.length; i++) {
      const { limit, windowMs } = LIMITS[i] as (typeof LIMITS)[number];
      const key = limitKeys[i] as string;
      const log = logs.get(key) ?? { times: [], first: 0 };
      logs.set(key, log);
      while (log.first < log.times.length && (log.times[log.first] as number) <= now - windowMs) log.first++;
      if (log.first > 100_000) {
        log.times.splice(0, log.first);
        log.first = 0;
      }
      if (log.times.length - log.first >= limit) return { allowed: false, generation: null };
    }
    for (const key of limitKeys) logs.get(key)?.times.push(now);
    return { allowed: true, generation: "1" };
  };
}
