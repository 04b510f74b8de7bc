import { fileURLToPath } from "node:url";
import { MemoryStore } from "./adapters/memory/store.js";
import { migrateQueue } from "./adapters/queue/boss.js";
import { ResilientStore } from "./adapters/redis/resilient-store.js";
import { connectRest } from "./adapters/redis/rest-client.js";
import { RedisStore } from "./adapters/redis/shared-store.js";
import type { Config } from "./config.js";
import { type ChangeListener, type ListenOptions, listenEmbedded, listenForChanges } from "./db/changes.js";
import { clusterPlace, isCluster } from "./db/cluster-place.js";
import { migrateDatabase } from "./db/migrate.js";
import { type OpenDatabase, openDatabase } from "./db/open.js";
import type { Metrics } from "./domain/metrics.js";
import type { Logger, SharedStore, SteadyClock } from "./domain/ports.js";
import { COMPARE_TASK } from "./jobs/compare-task.js";
import { createLogger } from "./log.js";
import { PACKAGE } from "./places.js";

export const MIGRATIONS = fileURLToPath(new URL("drizzle", PACKAGE));

/** Half of what 32 callers ask: Redis and this process then work at once. Over HTTP a request more costs more. */
const ENOUGH_OVER_TCP = 12;

/** What an adapter tells of itself, and reads the time by. */
interface Around {
  clock: SteadyClock;
  logger: Logger;
  metrics: Metrics;
}

/** Redis as the settings name it, with this process behind it; this process alone without one. */
export async function openSharedStore(config: Config, around: Around, alone: boolean): Promise<SharedStore> {
  const { clock } = around;
  const local = new MemoryStore(clock, { alone });
  const behind = { ...around, local, processes: config.WEB_CONCURRENCY };
  if (config.UPSTASH_REDIS_REST_URL && config.UPSTASH_REDIS_REST_TOKEN) {
    const redis = new RedisStore(connectRest(config.UPSTASH_REDIS_REST_URL, config.UPSTASH_REDIS_REST_TOKEN));
    return new ResilientStore({ ...behind, redis, disconnect: () => {} });
  }
  if (config.REDIS_URL) {
    // Its client takes as long to load as all else that speaks to Redis: only where it is needed.
    const { connectTcp } = await import("./adapters/redis/tcp-requester.js");
    const { redis: connected, close } = connectTcp(config.REDIS_URL);
    const redis = new RedisStore(connected, ENOUGH_OVER_TCP);
    return new ResilientStore({ ...behind, redis, disconnect: close });
  }
  return local;
}

/** Listens to what other processes change. */
export function openChanges(
  config: Config,
  database: OpenDatabase,
  listener: ListenOptions,
): Promise<ChangeListener> {
  const url = config.DATABASE_LISTEN_URL ?? config.DATABASE_URL;
  return url ? listenForChanges({ url, ...listener }) : listenEmbedded(database, listener);
}

/** Whether there is a database to read; of a PostgreSQL its server tells. An embedded one would be made, empty. */
export function isDatabaseThere({ DATABASE_URL: url, DATA_DIR: dataDir }: Config): boolean {
  return url !== undefined || isCluster(clusterPlace(dataDir));
}

/** What to say where there is none. */
export function absentDatabase({ DATA_DIR: folder }: Config): string {
  return `There is no database in ${folder}: set DATA_DIR to the directory that holds it, or DATABASE_URL.`;
}

/** Brings a database and the job queue in it up to date. */
export async function migrateAll(database: OpenDatabase, logger: Logger, url?: string): Promise<void> {
  await migrateDatabase(database, {
    migrationsFolder: MIGRATIONS,
    url,
    also: () => migrateQueue(database.run, logger, COMPARE_TASK),
  });
}

/** Opens the database that the settings name, and brings it up to date. */
export async function openMigratedDatabase(
  config: Config,
  {
    logger = createLogger(config.LOG_LEVEL),
    onQuery,
    hurried = false,
  }: {
    logger?: Logger | undefined;
    onQuery?: ((text: string) => void) | undefined;
    hurried?: boolean | undefined;
  } = {},
): Promise<OpenDatabase> {
  const { DATABASE_URL: url, DATABASE_LISTEN_URL: direct, DATA_DIR: dataDir } = config;
  const onSilence = (connections: number) =>
    logger.warn({ connections }, "the database did not answer: connections are closed");
  const database = await openDatabase({
    url,
    dataDir,
    pooled: direct !== undefined,
    hurried: hurried ? { onSilence } : undefined,
    onQuery,
  });
  try {
    await migrateAll(database, logger, direct ?? url);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
