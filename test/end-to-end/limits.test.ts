import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPegError } from "../../src/client/index.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import {
  createTestRedis,
  hasRedis,
  hasRedisServer,
  type RedisServer,
  startRedis,
} from "../support/database.js";
import { inTime } from "../support/in-time.js";
import { startUpstashServer } from "../support/upstash-server.js";

/** A decision while Redis is away takes at most this long; a test machine is given as much again. */
const AWAY_DECISION_MS = 300;
const SLACK_MS = 300;

interface Store {
  env: Record<string, string>;
  release(): Promise<unknown>;
}

const stores: { name: string; skip: boolean; open(): Promise<Store> }[] = [
  { name: "in process", skip: false, open: async () => ({ env: {}, release: async () => undefined }) },
  {
    name: "on Redis over TCP",
    skip: !hasRedis,
    open: async () => {
      const redis = await createTestRedis();
      return { env: { REDIS_URL: redis.url }, release: () => redis.stop() };
    },
  },
  {
    name: "on Redis over REST",
    skip: !hasRedis,
    open: async () => {
      const redis = await createTestRedis();
      const upstash = await startUpstashServer({ redisUrl: redis.url });
      const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
      return { env, release: async () => Promise.all([upstash.stop(), redis.stop()]) };
    },
  },
];

function batchUrl(backend: TestBackend, ids: readonly string[]): string {
  const paths = ids.map(() => "pegComparison.get").join(",");
  const input = encodeURIComponent(
    JSON.stringify(Object.fromEntries(ids.map((id, i) => [i, { json: { id } }]))),
  );
  return `${backend.url}/trpc/${paths}?batch=1&input=${input}`;
}

describe.each(stores)("limits $name", ({ skip, open }) => {
  describe.skipIf(skip)("of a user", () => {
    let store: Store;
    let backend: TestBackend;
    let id: string;
    beforeAll(async () => {
      store = await open();
      backend = await startBackend(store.env);
      const owner = await backend.clientOf("owner");
      ({ id } = await owner.analysis.create.mutate(sampleAnalysis()));
    });
    afterAll(async () => {
      await backend?.stop();
      await store?.release();
    });

    async function fetchBatch(user: string, size: number) {
      const authorization = `Bearer ${await tokenFor(user, { scope: "peg:admin" })}`;
      const ids = Array.from({ length: size }, () => id);
      const response = await fetch(batchUrl(backend, ids), { headers: { authorization } });
      const answers = (await response.json()) as {
        error?: { json: { data: { error: { code: string } } } };
      }[];
      return { response, codes: answers.map((answer) => answer.error?.json.data.error.code ?? "ok") };
    }

    test("refuse the eleventh get of a minute, saying when to come again", async () => {
      const alice = await backend.clientOf("alice", { scope: "peg:admin" });
      for (let i = 0; i < 10; i++) await alice.pegComparison.get.query({ id });
      const { response, codes } = await fetchBatch("alice", 1);
      expect(codes).toEqual(["API_RATE_LIMIT_EXCEEDED"]);
      expect(response.status).toBe(429);
      const wait = Number(response.headers.get("retry-after"));
      expect(wait).toBeGreaterThanOrEqual(1);
      expect(wait).toBeLessThanOrEqual(60);
      const error = await alice.pegComparison.get.query({ id }).catch((caught: unknown) => caught);
      if (!isPegError(error, "API_RATE_LIMIT_EXCEEDED")) throw new Error("was not refused");
      expect(error.data.error.retry_after).toBeLessThanOrEqual(wait);
      // What is not a get goes on.
      expect(await alice.analysis.byId.query({ id })).toMatchObject({ id });
    });

    test("count calls, not requests: a batch of five costs five", async () => {
      expect((await fetchBatch("bob", 5)).codes).toEqual(Array(5).fill("ok"));
      expect((await fetchBatch("bob", 5)).codes).toEqual(Array(5).fill("ok"));
      const third = await fetchBatch("bob", 5);
      expect(third.codes).toEqual(Array(5).fill("API_RATE_LIMIT_EXCEEDED"));
      expect(third.response.status).toBe(429);
    });

    test("let pass of a batch what still fits, and charge no more (T1)", async () => {
      await fetchBatch("carol", 8);
      const { response, codes } = await fetchBatch("carol", 5);
      expect(codes.filter((code) => code === "ok")).toHaveLength(2);
      expect(codes.filter((code) => code === "API_RATE_LIMIT_EXCEEDED")).toHaveLength(3);
      expect(response.status).toBe(207);
    });

    test("are of each user, whatever the token", async () => {
      await fetchBatch("dave", 10);
      expect((await fetchBatch("dave", 1)).codes).toEqual(["API_RATE_LIMIT_EXCEEDED"]);
      const later = `Bearer ${await tokenFor("dave", { expiresInSeconds: 7200, scope: "peg:admin" })}`;
      const other = await fetch(batchUrl(backend, [id]), { headers: { authorization: later } });
      expect(other.status).toBe(429);
      expect((await fetchBatch("erin", 1)).codes).toEqual(["ok"]);
    });

    test("refuse a batch that is too large before any of its calls, at no cost (T1)", async () => {
      const { response } = await fetchRaw("frank", 21);
      expect(response.status).toBe(400);
      expect((await fetchBatch("frank", 10)).codes).toEqual(Array(10).fill("ok"));
    });

    async function fetchRaw(user: string, size: number) {
      const authorization = `Bearer ${await tokenFor(user, { scope: "peg:admin" })}`;
      const ids = Array.from({ length: size }, () => id);
      return { response: await fetch(batchUrl(backend, ids), { headers: { authorization } }) };
    }
  });
});

describe.skipIf(!hasRedisServer)("limits while Redis is away", () => {
  let redis: RedisServer;
  let backend: TestBackend;
  let id: string;
  beforeAll(async () => {
    redis = await startRedis();
    backend = await startBackend({ REDIS_URL: redis.url });
    ({ id } = await (await backend.clientOf("owner")).analysis.create.mutate(sampleAnalysis()));
    await (await backend.clientOf("owner")).pegComparison.get.query({ id });
  });
  afterAll(async () => {
    redis?.resume();
    await backend?.stop();
    await redis?.stop();
  });

  test.each([
    { how: "hangs", leave: () => redis.pause(), come: async () => redis.resume() },
    { how: "is gone", leave: () => redis.stop(), come: () => redis.restart() },
  ])("hold in process where it $how, and answers go on (C11)", async ({ how, leave, come }) => {
    await leave();
    const operator = await backend.clientOf(`operator, Redis ${how}`, { scope: "peg:admin" });
    const first = await inTime(AWAY_DECISION_MS + SLACK_MS, () => operator.pegComparison.get.query({ id }));
    expect(first).toMatchObject({ cached: true });
    for (let i = 0; i < 9; i++) await operator.pegComparison.get.query({ id });
    const eleventh = await operator.pegComparison.get.query({ id }).catch((error: unknown) => error);
    expect(isPegError(eleventh, "API_RATE_LIMIT_EXCEEDED")).toBe(true);
    const ready = await fetch(`${backend.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "degraded", dependencies: { redis: "away" } });
    await come();
  });
});
