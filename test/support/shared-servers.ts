import { startAnalysisService, type TestAnalysisService } from "./analysis-service.js";
import { TEST_ENV } from "./backend.js";
import { createTestDatabase, createTestRedis } from "./database.js";
import { PLENTY } from "./faces.js";

/** One PostgreSQL, one Redis and one analysis service, for processes that share them. */
export interface SharedServers {
  /** Settings by which a process uses them, with limits that no test reaches. */
  readonly env: Record<string, string>;
  readonly databaseUrl: string;
  readonly service: TestAnalysisService;
  stop(): Promise<void>;
}

export async function startSharedServers(): Promise<SharedServers> {
  const [database, redis, service] = await Promise.all([
    createTestDatabase(),
    createTestRedis(),
    startAnalysisService(),
  ]);
  return {
    env: {
      ...TEST_ENV,
      ...PLENTY,
      LOG_LEVEL: "info",
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      MCP_URL: service.url,
    },
    databaseUrl: database.url,
    service,
    stop: async () => void (await Promise.all([service.stop(), database.drop(), redis.stop()])),
  };
}
