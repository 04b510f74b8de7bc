import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TEST_ENV } from "../../support/backend.js";
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
  redis: RedisServer;
  service: MarkedService;
  databaseUrl: string;
  stop(): Promise<void>;
}

export interface WorldOptions {
  seed: number;
  recorder: Recorder;
  servers: number;
  pace: Pace;
  /** Of the built program, where that is not this repository's own; deleted in the end. */
  copy?: string | undefined;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { recorder, pace, copy, seed } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    if (copy) closers.push(() => rmSync(copy, { recursive: true, force: true }));
    const database = await createTestDatabase();
    closers.push(() => database.drop());
    const redis = await startRedis();
    closers.push(() => redis.stop());
    const service = await startMarkedService(recorder, randomOf(seed, 1_000), pace);
    closers.push(() => service.stop());
    const way = async (port: number): Promise<TcpWay> => {
      const opened = await openWay(port);
      closers.push(() => opened.stop());
      return opened;
    };
    const databasePort = Number(new URL(database.url).port || 5432);
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
      const [toDatabase, toRedis] = [await way(databasePort), await way(redis.port)];
      const process = await createServerProcess(copy ?? REPOSITORY, {
        ...env,
        DATABASE_URL: through(database.url, toDatabase),
        REDIS_URL: through(redis.url, toRedis),
      });
      closers.push(() => process.stop());
      servers.push({ name: `server-${i}`, process, database: toDatabase, redis: toRedis });
      // The first migrates; beside it the others would wait for that.
      if (i === 0) await process.start();
    }
    await Promise.all(servers.slice(1).map(({ process }) => process.start()));
    return { servers, redis, service, databaseUrl: database.url, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
