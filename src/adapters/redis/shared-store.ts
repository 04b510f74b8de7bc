import { createHash, randomUUID } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import { LRUCache } from "lru-cache";
import {
  CACHE_TYPES,
  type CacheType,
  type EntryToPut,
  type LimitRule,
  type StreamPlace,
  type Visit,
  type VisitRequest,
} from "../../domain/ports.js";
import { OneTrip } from "./one-trip.js";
import { type DecisionResponse, slidingLog } from "./sliding-log.js";

const LIMIT_PREFIX = "peg_limit";
const MAX_HASHED = 10_000;
/** Longer than anything that is kept under a generation. */
const GENERATION_TTL_S = 2 * 86_400;
/** While nobody is known who may read the analysis: ids can be made up, and each would be a key for days. */
const NEW_GENERATION_TTL_S = 60;

/** Takes a key away that does not hold what it should. */
const MEND_SCRIPT = `
local kind = redis.call('TYPE', KEYS[1])['ok']
local damaged = kind ~= 'none' and kind ~= ARGV[1]
if kind == 'list' and not damaged then
  for _, time in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    damaged = damaged or not tonumber(time)
  end
end
return damaged and redis.call('DEL', KEYS[1]) or 0
`;

/** Stands behind a generation that is not kept yet, and is no part of it. */
const UNKEPT = "?";

const KEEP_SCRIPT = `
if redis.call('GET', KEYS[1]) == ARGV[1] .. '${UNKEPT}' then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
return 1
`;

/** Nobody's: a user has a name. So many that each is taken, and so writes. */
const PROBE = { userId: "", rules: [{ name: "probe", limit: 10_000, windowMs: 1000 }] };

const PUT_SCRIPT = `
local generation = redis.call('GET', KEYS[1])
if generation ~= ARGV[1] and generation ~= ARGV[1] .. '${UNKEPT}' then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1
`;

/** Streams by when their place is free again, by the server's clock. */
const HOLD_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
`;

function entryKey(type: CacheType, analysisId: string): string {
  return `peg_comparison:${type}:${analysisId}`;
}

function generationKey(analysisId: string): string {
  return `peg_generation:${analysisId}`;
}

const hashed = new LRUCache<string, string>({ max: MAX_HASHED });

/** User ids stand in Redis only as hashes. The braces are part of the keys that are there already. */
function limitKey(userId: string): string {
  const known = hashed.get(userId);
  if (known !== undefined) return known;
  const key = `{${createHash("sha256").update(userId).digest("base64url")}}`;
  hashed.set(userId, key);
  return key;
}

function streamsKey(userId: string): string {
  return `peg_streams:${limitKey(userId)}`;
}

/** The shared store on a Redis. Its methods throw where the server does not answer. */
export class RedisStore {
  readonly #redis: Redis;
  /** Shared by all who visit in the same turn: a busy server asks for many with one pipeline. */
  readonly #trip: OneTrip;
  readonly #limiters = new WeakMap<readonly LimitRule[], Ratelimit>();

  /** @param enough commands of visitors of the same turn go together, but wait for no more than these */
  constructor(redis: Redis, enough = Number.POSITIVE_INFINITY) {
    this.#redis = redis;
    this.#trip = new OneTrip(redis, enough);
  }

  #limiterOf(rules: readonly LimitRule[]): Ratelimit {
    const known = this.#limiters.get(rules);
    if (known) return known;
    const limiter = new Ratelimit({
      redis: this.#trip as unknown as Redis,
      limiter: slidingLog(rules),
      prefix: LIMIT_PREFIX,
      // Its own timeout lets calls pass; the deadline of a visit is kept by our caller.
      timeout: 0,
      ephemeralCache: false,
    });
    this.#limiters.set(rules, limiter);
    return limiter;
  }

  /**
   * Takes away what a visit reads and what is not ours: it would fail as long as it is there.
   *
   * @returns how many keys
   */
  async mend({ userId, rules, analysisId, entry: type }: VisitRequest): Promise<number> {
    const lists = rules.map(({ name }) => `${LIMIT_PREFIX}:${limitKey(userId)}:${name}`);
    const strings = [
      ...(analysisId === undefined ? [] : [generationKey(analysisId)]),
      ...(analysisId === undefined || type === undefined ? [] : [entryKey(type, analysisId)]),
    ];
    const mended = await Promise.all([
      ...lists.map((key) => this.#redis.eval(MEND_SCRIPT, [key], ["list"])),
      ...strings.map((key) => this.#redis.eval(MEND_SCRIPT, [key], ["string"])),
    ]);
    return mended.reduce((sum: number, count) => sum + Number(count), 0);
  }

  async visit({ userId, rules, analysisId, entry: type }: VisitRequest): Promise<Visit> {
    const trip = this.#trip;
    const replies = Promise.all([
      this.#limiterOf(rules).limit(limitKey(userId)) as Promise<DecisionResponse>,
      analysisId === undefined ? null : trip.get(generationKey(analysisId)),
      analysisId === undefined || type === undefined ? null : trip.get(entryKey(type, analysisId)),
    ]);
    trip.sendIfEnough();
    const [response, generation, value] = await replies;
    const { decision: limits } = response;
    const entry = typeof value === "string" ? Buffer.from(value, "base64") : null;
    if (analysisId === undefined) return { limits, generation: null, entry };
    const word = generation ?? (await this.#begin(analysisId));
    if (!word?.endsWith(UNKEPT)) return { limits, generation: word, entry };
    return { limits, generation: word.slice(0, -UNKEPT.length), unkept: true, entry };
  }

  /** Gives an analysis a generation, or learns the one that another process gave it. */
  async #begin(analysisId: string): Promise<string | null> {
    const key = generationKey(analysisId);
    const pipeline = this.#redis.pipeline();
    pipeline.set(key, randomUUID() + UNKEPT, { nx: true, ex: NEW_GENERATION_TTL_S });
    pipeline.get(key);
    const [, generation] = await pipeline.exec<[unknown, string | null]>();
    return generation;
  }

  async keepGeneration(analysisId: string, generation: string): Promise<void> {
    await this.#redis.eval(KEEP_SCRIPT, [generationKey(analysisId)], [generation, String(GENERATION_TTL_S)]);
  }

  async putEntry({ type, analysisId, value, ttlSeconds, generation }: EntryToPut): Promise<boolean> {
    const keys = [generationKey(analysisId), entryKey(type, analysisId)];
    const args = [generation, Buffer.from(value).toString("base64"), String(ttlSeconds)];
    return Number(await this.#redis.eval(PUT_SCRIPT, keys, args)) === 1;
  }

  async moveGeneration(analysisId: string): Promise<void> {
    const pipeline = this.#redis.pipeline();
    pipeline.set(generationKey(analysisId), randomUUID(), { ex: GENERATION_TTL_S });
    pipeline.del(...CACHE_TYPES.map((type) => entryKey(type, analysisId)));
    await pipeline.exec();
  }

  async holdStream(request: StreamPlace & { max: number; ttlMs: number }): Promise<boolean> {
    const { userId, streamId, max, ttlMs } = request;
    const args = [streamId, String(max), String(ttlMs)];
    return Number(await this.#redis.eval(HOLD_SCRIPT, [streamsKey(userId)], args)) === 1;
  }

  async dropStream({ userId, streamId }: StreamPlace): Promise<void> {
    await this.#redis.zrem(streamsKey(userId), streamId);
  }

  /** Asks what visits ask: a server may answer PING and take no writes, as a replica and a full one. */
  async ping(): Promise<void> {
    await this.visit(PROBE);
  }
}
