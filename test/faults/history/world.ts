import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatabaseOptions } from "../../../src/db/open.js";
import { TEST_ENV } from "../../support/backend.js";
import { prepareDataDir } from "../../support/data-dir.js";
import { createTestDatabase, type RedisServer, startRedis } from "../../support/database.js";
import { openWay, type TcpWay, through } from "../../support/tcp-way.js";
import { type MarkedService, type Pace, startMarkedService } from "./marked-service.js";
import { randomOf } from "./random.js";
import type { Recorder } from "./recorder.js";
import { createServerProcess, type ServerProcess } from "./server-process.js";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** A server process and its own ways to what it needs. */
export interface WorldServer {
  name: string;
  process: ServerProcess;
  database: TcpWay;
  redis: TcpWay;
}

/** Server processes on one PostgreSQL, one Redis and one analysis service, each of which can fail. */
export interface World {
  servers: WorldServer[];
  /** None where the database is embedded: then there is one process. */
  redis: RedisServer | undefined;
  service: MarkedService;
  database: DatabaseOptions;
  stop(): Promise<void>;
}

export interface WorldOptions {
  seed: number;
  recorder: Recorder;
  servers: number;
  /** On an embedded database, without Redis. */
  embedded?: boolean | undefined;
  pace: Pace;
  /** Of the built program, where that is not this repository's own; deleted in the end. */
  copy?: string | undefined;
}

/** Nobody listens there. */
const NOWHERE = 9;

export async function startWorld(options: WorldOptions): Promise<World> {
  const { recorder, pace, copy, seed } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    if (copy) closers.push(() => rmSync(copy, { recursive: true, force: true }));
    const { redis, ...stores } = options.embedded ? embeddedStores() : await sharedStores();
    closers.push(stores.close);
    const service = await startMarkedService(recorder, randomOf(seed, 1_000), pace);
    closers.push(() => service.stop());
    const way = async (port: number): Promise<TcpWay> => {
      const opened = await openWay(port);
      closers.push(() => opened.stop());
      return opened;
    };
    const { calls, windowMs } = recorder.limit;
    const env = {
      ...TEST_ENV,
      LOG_LEVEL: "error",
      MCP_URL: service.url,
      // Less than the clients wait: what takes longer becomes a task.
      GET_DEADLINE_MS: "8000",
      RATE_LIMIT_GET: "900000/1m",
      RATE_LIMIT_STATUS: `${calls}/${windowMs / 1000}s`,
      RATE_LIMIT_ALL: "900000/1m",
    };
    const servers: WorldServer[] = [];
    for (let i = 0; i < options.servers; i++) {
      const { database } = stores;
      const toDatabase = await way(database.url ? Number(new URL(database.url).port || 5432) : NOWHERE);
      const toRedis = await way(redis?.port ?? NOWHERE);
      const process = await createServerProcess(copy ?? REPOSITORY, {
        ...env,
        DATA_DIR: database.dataDir,
        ...(database.url ? { DATABASE_URL: through(database.url, toDatabase) } : {}),
        ...(redis ? { REDIS_URL: through(redis.url, toRedis) } : {}),
      });
      closers.push(() => process.stop());
      servers.push({ name: `server-${i}`, process, database: toDatabase, redis: toRedis });
      // The first migrates; beside it the others would wait for that.
      if (i === 0) await process.start();
    }
    await Promise.all(servers.slice(1).map(({ process }) => process.start()));
    return { servers, redis, service, database: stores.database, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

interface Stores {
  database: DatabaseOptions;
  redis?: RedisServer;
  close(): Promise<void>;
}

async function sharedStores(): Promise<Stores> {
  const [{ url, drop }, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  const close = async (): Promise<void> => {
    await Promise.all([drop(), redis.stop()]);
  };
  return { database: { url, dataDir: "memory://" }, redis, close };
}

function embeddedStores(): Stores {
  const dataDir = mkdtempSync(join(tmpdir(), "peg-history-"));
  prepareDataDir(dataDir);
  const close = async (): Promise<void> => rmSync(dataDir, { recursive: true, force: true });
  return { database: { dataDir }, close };
}
