import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createPegClient, isPegError, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import {
  createTestDatabase,
  createTestRedis,
  hasPostgres,
  hasRedis,
  type TestDatabase,
  type TestRedis,
} from "../support/database.js";
import { PLENTY } from "../support/faces.js";
import { createRestClient } from "../support/rest-client.js";
import { openWay, type TcpWay, through } from "../support/tcp-way.js";

/** For at least so long what is cached is served. */
const SERVED_MS = 2_000;
const READ_EVERY_MS = 100;
const SERVED = "served from a cache";

describe.skipIf(!hasPostgres || !hasRedis)("while nothing but announcements comes from PostgreSQL", () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let way: TcpWay;
  let backend: TestBackend;
  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    way = await openWay(Number(new URL(database.url).port));
    backend = await startBackend({
      ...PLENTY,
      DATABASE_URL: through(database.url, way),
      DATABASE_LISTEN_URL: database.url,
      REDIS_URL: redis.url,
    });
  });
  afterAll(async () => {
    way?.open();
    await backend?.stop();
    await way?.stop();
    await Promise.all([database?.drop(), redis?.stop()]);
  });

  test("a cached comparison is served to whoever is known to be allowed, over either face", {
    timeout: 120_000,
  }, async () => {
    const { changes, metrics } = backend.runtime.services;
    const fallbacks = vi.spyOn(metrics, "redisFallback");
    const at = { url: backend.url, token: await tokenFor("owner") };
    const faces: PegClient[] = [createPegClient(at), createRestClient(at)];
    const { id } = await (faces[0] as PegClient).analysis.create.mutate(sampleAnalysis());

    /**
     * How a read ends. Undefined where it failed while a busy machine kept Redis or the heartbeat waiting: without them
     * nobody can be sure of what is held.
     */
    async function read(face: PegClient): Promise<string | undefined> {
      const before = fallbacks.mock.calls.length;
      const told = await face.pegComparison.get.query({ id }).then(
        (answer) => ("data" in answer && answer.cached ? SERVED : "computed anew"),
        (error: unknown) => (isPegError(error) ? error.data.error.code : String(error)),
      );
      const sure = changes.hearing() && fallbacks.mock.calls.length === before;
      return sure || told === SERVED ? told : undefined;
    }
    async function readWhileAway(): Promise<string[]> {
      for (const face of faces) await face.pegComparison.get.query({ id });
      way.hang();
      const reads: Promise<string | undefined>[] = [];
      const until = performance.now() + SERVED_MS;
      while (performance.now() < until) {
        reads.push(...faces.map(read));
        await sleep(READ_EVERY_MS);
      }
      const told = await Promise.all(reads);
      way.open();
      return told.filter((one) => one !== undefined);
    }

    let told: string[] = [];
    const reading = async (): Promise<number> => {
      told = await readWhileAway();
      return told.length;
    };
    await expect.poll(reading, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(told.filter((one) => one !== SERVED)).toEqual([]);
  });
});
