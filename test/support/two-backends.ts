import { startAnalysisService, type TestAnalysisService } from "./analysis-service.js";
import { startBackend, type TestBackend } from "./backend.js";
import { createTestDatabase, createTestRedis } from "./database.js";

/** Two backends on one PostgreSQL and, unless told otherwise, one Redis. */
export interface TwoBackends {
  first: TestBackend;
  second: TestBackend;
  service: TestAnalysisService;
  databaseUrl: string;
  redisUrl: string | undefined;
  stop(): Promise<void>;
}

export async function startTwoBackends(options: {
  redis: boolean;
  env?: Record<string, string>;
}): Promise<TwoBackends> {
  const [database, redis, service] = await Promise.all([
    createTestDatabase(),
    options.redis ? createTestRedis() : undefined,
    startAnalysisService(),
  ]);
  const env = {
    DATABASE_URL: database.url,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    MCP_URL: service.url,
    RATE_LIMIT_GET: "100000/1m",
    RATE_LIMIT_ALL: "100000/1m",
    ...options.env,
  };
  const first = await startBackend(env);
  const second = await startBackend(env);
  return {
    first,
    second,
    service,
    databaseUrl: database.url,
    redisUrl: redis?.url,
    async stop() {
      await Promise.all([first.stop(), second.stop()]);
      await Promise.all([service.stop(), database.drop(), redis?.stop()]);
    },
  };
}
