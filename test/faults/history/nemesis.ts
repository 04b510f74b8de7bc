import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { RedisServer } from "../../support/database.js";
import { type Random, randomOf } from "./random.js";
import type { Recorder } from "./recorder.js";
import type { World, WorldServer } from "./world.js";

export type FaultKind =
  | "kill"
  | "pause"
  | "clock"
  | "database-cut"
  | "database-hang"
  | "notices-slow"
  | "redis-refused"
  | "redis-hang"
  | "redis-pause"
  | "redis-restart"
  | "redis-flush"
  | "service-away";

export interface NemesisOptions {
  seed: number;
  world: World;
  recorder: Recorder;
  weights: Partial<Record<FaultKind, number>>;
  /** How long faults last that last, and how long it is from one to the next. */
  lastsMs: readonly [number, number];
  calmMs: readonly [number, number];
}

/** Longer than tokens and processes forgive each other. */
const CLOCK_SHIFT_MS = 60_000;
/** The product's promise to hear what was announced in so long, with room for a slow machine. */
const SLOWEST_NOTICE_MS = 300;
/** How the connection introduces itself that hears of changes. */
const LISTENER = "peg-comparison-bff listen";
/** Two of them at a time. */
const LANES = 2;

/** What each fault keeps to itself while it lasts. Of processes that stand still there is one at a time. */
const KEEPS: Record<FaultKind, "process" | "clock" | "database" | "redis" | "service"> = {
  kill: "process",
  pause: "process",
  clock: "clock",
  "database-cut": "database",
  "database-hang": "database",
  "notices-slow": "database",
  "redis-refused": "redis",
  "redis-hang": "redis",
  "redis-pause": "redis",
  "redis-restart": "redis",
  "redis-flush": "redis",
  "service-away": "service",
};

/** Breaks one thing after another, as the seed says, until the signal aborts; then everything is whole again. */
export async function runNemesis(options: NemesisOptions, signal: AbortSignal): Promise<void> {
  const { seed, weights, lastsMs, calmMs, recorder, world } = options;
  if (!Object.keys(weights).length) return;
  const kept = new Set<string>();
  const lane = async (random: Random): Promise<void> => {
    while (!signal.aborted) {
      await rest(random.between(...calmMs), signal);
      const kind = random.weighted(weights);
      const server = random.pick(world.servers);
      const ms = random.between(...lastsMs);
      const keeps = KEEPS[kind];
      const shift = random.between(-CLOCK_SHIFT_MS, CLOCK_SHIFT_MS);
      if (signal.aborted || kept.has(keeps)) continue;
      kept.add(keeps);
      try {
        const target = /^(redis-(pause|restart|flush)|service)/.test(kind) ? "all" : server.name;
        await recorder.during(kind, target, () =>
          breakOnce(kind, { world, recorder, server, shift, wait: () => rest(ms, signal) }),
        );
      } finally {
        kept.delete(keeps);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(randomOf(seed, 3_000 + i))));
}

interface Breaking {
  world: World;
  recorder: Recorder;
  server: WorldServer;
  shift: number;
  wait(): Promise<void>;
}

async function breakOnce(kind: FaultKind, { world, recorder, server, shift, wait }: Breaking): Promise<void> {
  const { process, database, redis } = server;
  switch (kind) {
    case "kill":
      await process.kill();
      // Without Redis its counts end with it, and the next one may be there within the window.
      return world.redis
        ? process.start()
        : recorder.during("counts-forgotten", server.name, () => process.start());
    case "pause":
      process.pause();
      await wait();
      return process.resume();
    case "clock":
      process.shiftClock(shift);
      await wait();
      return process.shiftClock(0);
    case "database-cut":
      return database.cut();
    case "database-hang":
      database.hang();
      await wait();
      return database.open();
    case "notices-slow":
      database.delay(SLOWEST_NOTICE_MS, LISTENER);
      await wait();
      return database.delay(0);
    case "redis-refused":
      redis.refuse();
      await wait();
      return redis.open();
    case "redis-hang":
      redis.hang();
      await wait();
      return redis.open();
    case "redis-pause":
      redisOf(world).pause();
      await wait();
      return redisOf(world).resume();
    case "redis-restart":
      return redisOf(world).restart();
    case "redis-flush":
      return flush(redisOf(world).url);
    case "service-away":
      world.service.setAway(true);
      await wait();
      return world.service.setAway(false);
  }
}

function redisOf({ redis }: World): RedisServer {
  if (!redis) throw new Error("there is no Redis to break");
  return redis;
}

async function flush(url: string): Promise<void> {
  const redis = new Redis(url);
  redis.on("error", () => undefined);
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

/** As long, or until the signal aborts. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
