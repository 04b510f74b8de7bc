import { createPegClient, type PegClient } from "../../src/client/index.js";
import { startAnalysisService } from "./analysis-service.js";
import { TEST_ENV, tokenFor } from "./backend.js";
import { createTestDatabase, createTestRedis } from "./database.js";
import { startCli, type TestProcess } from "./process.js";

/** One `peg-bff serve`, as compiled. */
export interface ServerProcess {
  readonly process: TestProcess;
  readonly url: string;
}

/** Two server processes on one PostgreSQL and, where asked for, one Redis. */
export interface TwoProcesses {
  first: ServerProcess;
  second: ServerProcess;
  /** A new client each time: what is read through it shares no request with what is read through another. */
  clientOf(userId: string, server: ServerProcess): Promise<PegClient>;
  stop(): Promise<void>;
}

export async function startTwoProcesses(options: {
  redis: boolean;
  env?: Record<string, string>;
}): Promise<TwoProcesses> {
  const [database, redis, service] = await Promise.all([
    createTestDatabase(),
    options.redis ? createTestRedis() : undefined,
    startAnalysisService(),
  ]);
  const env = {
    ...TEST_ENV,
    LOG_LEVEL: "info",
    DATABASE_URL: database.url,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    MCP_URL: service.url,
    RATE_LIMIT_GET: "100000/1m",
    RATE_LIMIT_STATUS: "100000/1m",
    RATE_LIMIT_ALL: "100000/1m",
    ...options.env,
  };
  const processes = [startCli(["serve"], env), startCli(["serve"], env)];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.kill("SIGTERM")));
    await Promise.all([service.stop(), database.drop(), redis?.stop()]);
  };
  const tokens = new Map<string, Promise<string>>();
  try {
    const servers = await Promise.all(processes.map(untilItListens));
    const [first, second] = servers as [ServerProcess, ServerProcess];
    return {
      first,
      second,
      clientOf: async (userId, { url }) => {
        const token = tokens.get(userId) ?? tokenFor(userId);
        tokens.set(userId, token);
        return createPegClient({ url, token: await token });
      },
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

async function untilItListens(process: TestProcess): Promise<ServerProcess> {
  const [, url = ""] = await process.waitForLine(/listening on (http:\S+?)"/, 30_000);
  return { process, url };
}
