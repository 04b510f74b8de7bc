import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STAGES } from "../../src/domain/comparison/progress.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import {
  createTestDatabase,
  createTestRedis,
  hasPostgres,
  hasRedis,
  type TestDatabase,
  type TestRedis,
} from "../support/database.js";
import { PLENTY } from "../support/faces.js";
import { type Watched, watch } from "../support/task-processes.js";
import { openWay, type TcpWay, through } from "../support/tcp-way.js";
import { within } from "../support/within.js";

const PROMISED_MS = 5_000;

// With Redis a revoke is acknowledged at once; without, only after more than four seconds of silence.
describe.skipIf(!hasPostgres || !hasRedis)("T19: a process whose listening connection is gone", () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let service: TestAnalysisService;
  let way: TcpWay;
  let backend: TestBackend;
  beforeAll(async () => {
    [database, redis, service] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      startAnalysisService(),
    ]);
    way = await openWay(Number(new URL(database.url).port));
    backend = await startBackend({
      ...PLENTY,
      DATABASE_URL: database.url,
      DATABASE_LISTEN_URL: through(database.url, way),
      REDIS_URL: redis.url,
      MCP_URL: service.url,
    });
  });
  afterAll(async () => {
    await backend?.stop();
    await Promise.all([way?.stop(), service?.stop()]);
    await Promise.all([database?.drop(), redis?.stop()]);
  });

  /** A guest who watches a task that is held, and how the permission for it is taken away unheard. */
  async function watchedByGuest(): Promise<{ guest: Watched; revokeUnheard: () => Promise<void> }> {
    const { changes } = backend.runtime.services;
    await expect.poll(() => changes.hearing(), { timeout: 10_000 }).toBe(true);
    const owner = await backend.clientOf("owner");
    const { id } = await owner.analysis.create.mutate(sampleAnalysis());
    const grant = { id, user_id: "guest", permission_type: "read" as const };
    await owner.permission.grant.mutate(grant);
    await owner.pegComparison.get.query({ id, async: true });
    await service.nextCall();
    // The last step that the task takes by itself: nothing but the revoke can wake the stream after it.
    const task = watch(owner, id);
    await task.until(({ progress }) => progress >= STAGES.sent);
    task.close();
    const guest = watch(await backend.clientOf("guest"), id);
    await guest.until(({ progress }) => progress >= STAGES.sent);
    const revokeUnheard = async () => {
      way.refuse();
      while (changes.hearing()) await new Promise((resolve) => setImmediate(resolve));
      await owner.permission.revoke.mutate(grant);
    };
    return { guest, revokeUnheard };
  }

  test.each([
    ["while that cannot be had again", () => {}],
    ["which it has again after the revoke", () => way.open()],
  ])("ends a revoked reader's stream in five seconds, %s", async (_, afterwards) => {
    const release = service.hold();
    try {
      const { guest, revokeUnheard } = await watchedByGuest();
      await revokeUnheard();
      afterwards();
      await expect(within(PROMISED_MS, guest.ended)).rejects.toMatchObject({
        data: { error: { code: "PERMISSION_DENIED" } },
      });
    } finally {
      way.open();
      release();
    }
  });
});
