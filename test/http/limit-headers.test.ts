import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../src/domain/ports.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { createTestRedis, hasRedis } from "../support/database.js";
import { batchPath, type FaceAnswer, openBody, queryPath, readAnswer } from "../support/faces.js";

const ID = "limited";
const HOUR_S = 3600;

/** A clock that is put forward by hand. */
function handClock(): Clock & { forward(ms: number): void } {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    forward: (ms) => {
      ahead += ms;
    },
  };
}

let service: TestAnalysisService;
beforeAll(async () => {
  service = await startAnalysisService();
});
afterAll(() => service?.stop());

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((backend) => backend.stop()));
});

async function start(env: Record<string, string>, clock?: Clock): Promise<TestBackend> {
  const backend = await startBackend({ MCP_URL: service.url, ...env }, clock ? { clock } : {});
  running.push(backend);
  const owner = await backend.clientOf("owner");
  await owner.analysis.create.mutate(sampleAnalysis({ id: ID }));
  return backend;
}

/** Asks as a user who may everything, by a new token each time. */
let user = "alice";
let tokens = 0;
async function ask(backend: TestBackend, path: string, init: RequestInit = {}): Promise<FaceAnswer> {
  const authorization = `Bearer ${await tokenFor(user, { scope: "peg:admin", expiresInSeconds: 20_000 + tokens++ })}`;
  const headers = { ...(init.headers as Record<string, string> | undefined), authorization };
  return readAnswer(await fetch(`${backend.url}${path}`, { ...init, headers }));
}

/** `"get";r=7;t=32` as numbers, by the name of the policy. */
function parameters(header: string | null): Record<string, Record<string, number>> {
  const items = (header ?? "").split(", ").map((item) => {
    const [name = "", ...rest] = item.split(";");
    expect(name).toMatch(/^"[a-z]+"$/);
    const pairs = rest.map((pair): [string, number] => {
      expect(pair).toMatch(/^[a-z]=\d+$/);
      return [pair.charAt(0), Number(pair.slice(2))];
    });
    return [name.slice(1, -1), Object.fromEntries(pairs)];
  });
  return Object.fromEntries(items);
}

const REST = `/api/analysis/results/${ID}/peg-comparison`;
const FACES: [string, string][] = [
  ["tRPC", queryPath("pegComparison.get", { id: ID })],
  ["REST", REST],
  ["a batch", batchPath([["pegComparison.get", { id: ID }]])],
];

describe("the limits of a call in the head of its answer (L12)", () => {
  test("the policies, what is left, and when there is more, on each face", async () => {
    const clock = handClock();
    const backend = await start({ RATE_LIMIT_GET: "3/1m", RATE_LIMIT_ALL: "100/1h" }, clock);
    for (const [face, path] of FACES) {
      user = `alice, over ${face}`;
      await expectHeaders(backend, clock, path);
    }
    user = "alice";
  });

  async function expectHeaders(backend: TestBackend, clock: ReturnType<typeof handClock>, path: string) {
    for (const left of [2, 1, 0]) {
      const { status, headers } = await ask(backend, path);
      expect(status).toBe(200);
      expect(headers.get("retry-after")).toBeNull();
      expect(parameters(headers.get("ratelimit-policy"))).toEqual({
        get: { q: 3, w: 60 },
        all: { q: 100, w: HOUR_S },
      });
      const { get, all } = parameters(headers.get("ratelimit"));
      expect([get?.r, all?.r]).toEqual([left, 97 + left]);
      expect(get?.t).toBeLessThanOrEqual(60);
      expect(all?.t).toBeLessThanOrEqual(HOUR_S);
      expect(Math.min(get?.t ?? 0, all?.t ?? 0)).toBeGreaterThanOrEqual(1);
      clock.forward(7_300);
    }
    const refused = await ask(backend, path);
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get("retry-after"));
    const { get } = parameters(refused.headers.get("ratelimit"));
    expect(get).toEqual({ r: 0, t: wait });
    const body = path.includes("batch=1")
      ? openBody(JSON.stringify((JSON.parse(refused.text) as unknown[])[0]))
      : refused;
    expect(body.error).toMatchObject({
      code: "API_RATE_LIMIT_EXCEEDED",
      retry_after: wait,
      details: [{ path: "get" }],
    });
    // One second less is too early, and waiting as told is enough: always.
    clock.forward((wait - 1) * 1000 - 900);
    expect((await ask(backend, path)).status).toBe(429);
    clock.forward(1_900);
    expect((await ask(backend, path)).status).toBe(200);
  }

  test("of the exhausted policy that takes longest, where both are", async () => {
    const clock = handClock();
    const backend = await start({ RATE_LIMIT_GET: "2/1m", RATE_LIMIT_ALL: "2/1h" }, clock);
    for (let i = 0; i < 2; i++) expect((await ask(backend, REST)).status).toBe(200);
    const refused = await ask(backend, REST);
    const wait = Number(refused.headers.get("retry-after"));
    expect(refused.error?.details?.[0]?.path).toBe("all");
    expect(wait).toBeGreaterThan(60);
    expect(parameters(refused.headers.get("ratelimit")).all).toEqual({ r: 0, t: wait });
    clock.forward(wait * 1000);
    expect((await ask(backend, REST)).status).toBe(200);
  });

  test("of the tightest in a batch, of which a part is refused", async () => {
    const backend = await start({ RATE_LIMIT_GET: "3/1m" });
    const { status, headers, text } = await ask(
      backend,
      batchPath(Array(5).fill(["pegComparison.get", { id: ID }])),
    );
    expect(status).toBe(207);
    const wait = Number(headers.get("retry-after"));
    expect(parameters(headers.get("ratelimit")).get).toEqual({ r: 0, t: wait });
    const items = (JSON.parse(text) as unknown[]).map((item) => openBody(JSON.stringify(item)).error);
    expect(items.map((error) => error?.code ?? "ok").sort()).toEqual([
      "API_RATE_LIMIT_EXCEEDED",
      "API_RATE_LIMIT_EXCEEDED",
      "ok",
      "ok",
      "ok",
    ]);
    for (const error of items) if (error) expect(error.retry_after).toBeLessThanOrEqual(wait);
  });

  test("none where the token is refused", async () => {
    const backend = await start({});
    for (const [, path] of FACES) {
      const { status, headers } = await fetch(`${backend.url}${path}`, {
        headers: { authorization: "Bearer a.b.c" },
      });
      expect([status, headers.get("ratelimit"), headers.get("ratelimit-policy")]).toEqual([401, null, null]);
    }
  });
});

describe.each([
  { store: "in process", skip: false },
  { store: "on Redis", skip: !hasRedis },
])("one count of a user, $store", ({ store, skip }) => {
  describe.skipIf(skip)("whatever is asked, and how (L12, L14)", () => {
    const redis = store === "on Redis" && !skip ? createTestRedis() : undefined;
    afterAll(async () => (await redis)?.stop());

    test("each token, both faces, batches and streams count towards the same", async () => {
      const url = (await redis)?.url;
      const backend = await start({ ...(url ? { REDIS_URL: url } : {}), RATE_LIMIT_ALL: "13/1h" });
      const left = ({ headers }: Pick<FaceAnswer, "headers">) => parameters(headers.get("ratelimit")).all?.r;
      expect(left(await ask(backend, queryPath("analysis.byId", { id: ID })))).toBe(12);
      expect(left(await ask(backend, `/api/analysis/results/${ID}`))).toBe(11);
      expect(left(await ask(backend, batchPath(Array(3).fill(["analysis.list", {}]))))).toBe(8);
      expect(left(await ask(backend, REST))).toBe(7);
      expect(left(await ask(backend, queryPath("pegComparison.summary", { id: ID })))).toBe(6);
      expect(left(await ask(backend, "/api/analysis/results/absent"))).toBe(5);
      expect(left(await ask(backend, `/api/analysis/results/${ID}?x=1`))).toBe(4);
      const headers = {
        authorization: `Bearer ${await tokenFor(user, { scope: "peg:admin" })}`,
        accept: "text/event-stream",
      };
      for (const path of [`${REST}/events`, queryPath("pegComparison.watch", { id: ID })]) {
        const stream = await fetch(`${backend.url}${path}`, { headers });
        expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
        await stream.body?.cancel();
      }
      expect(left(await ask(backend, `/api/analysis/results/${ID}`, { method: "HEAD" }))).toBe(1);
      // HEAD of tRPC calls nothing, and costs nothing.
      await ask(backend, queryPath("analysis.byId", { id: ID }), { method: "HEAD" });
      expect(left(await ask(backend, queryPath("analysis.list", {})))).toBe(0);
      const refused = [`/api/analysis/results/${ID}`, queryPath("analysis.list", {}), `${REST}/events`, REST];
      for (const path of refused) {
        const { status, error } = await ask(backend, path);
        expect([status, error?.code, error?.details?.[0]?.path]).toEqual([
          429,
          "API_RATE_LIMIT_EXCEEDED",
          "all",
        ]);
      }
      // Another user is not concerned.
      const other = await backend.clientOf("owner");
      expect(await other.analysis.byId.query({ id: ID })).toMatchObject({ id: ID });
    });

    test("after the wait that it is told a caller passes", async () => {
      const url = (await redis)?.url;
      const backend = await start({ ...(url ? { REDIS_URL: url } : {}), RATE_LIMIT_GET: "1/3s" });
      // The Redis of these tests may still hold what another one asked a moment ago.
      user = "who waits";
      // Computed for another user: within the window there is time for answers from the cache only.
      await (await backend.clientOf("owner")).pegComparison.get.query({ id: ID });
      const trpc = queryPath("pegComparison.get", { id: ID });
      expect((await ask(backend, REST)).status).toBe(200);
      let told = "";
      for (const path of [REST, trpc]) {
        const refused = await ask(backend, path);
        told = refused.headers.get("retry-after") ?? "";
        expect([refused.status, told]).toEqual([429, expect.stringMatching(/^[123]$/)]);
      }
      await new Promise((resolve) => setTimeout(resolve, Number(told) * 1_000));
      expect((await ask(backend, trpc)).status).toBe(200);
      user = "alice";
    });
  });
});
