import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { startAnalysisService, type TestAnalysisService } from "./analysis-service.js";
import { TEST_ENV, tokenFor } from "./backend.js";
import { createTestDatabase, createTestRedis } from "./database.js";
import { startCli, type TestProcess } from "./process.js";

/** One `peg-bff serve`, as compiled. */
export interface ServerProcess {
  readonly process: TestProcess;
  readonly url: string;
}

/** By which the second process hears of changes later than they are acknowledged: it may not rely on that. */
const LATE_MS = 150;

/**
 * Two server processes on one PostgreSQL and, where asked for, one Redis. The second one hears late of what the
 * first one announces.
 */
export interface TwoProcesses {
  first: ServerProcess;
  second: ServerProcess;
  /** What both have comparisons made by. */
  service: TestAnalysisService;
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
  const late = await startLateProxy(database.url);
  const processes = [
    startCli(["serve"], env),
    startCli(["serve"], { ...env, DATABASE_LISTEN_URL: late.url }),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.kill("SIGTERM")));
    await Promise.all([service.stop(), database.drop(), redis?.stop(), late.stop()]);
  };
  const tokens = new Map<string, Promise<string>>();
  try {
    const servers = await Promise.all(processes.map(untilItListens));
    const [first, second] = servers as [ServerProcess, ServerProcess];
    return {
      service,
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

/** A way to a PostgreSQL on which all that it says arrives late, in order. */
async function startLateProxy(databaseUrl: string): Promise<{ url: string; stop(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far);
    far.on("data", (chunk) => setTimeout(() => near.write(chunk), LATE_MS));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
