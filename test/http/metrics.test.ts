import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_BATCH_SIZE } from "../../src/contract/limits.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, PLENTY, queryPath } from "../support/faces.js";
import { readSeries, type Series, valueIn } from "../support/series.js";

let backend: TestBackend;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
});
afterAll(() => backend.stop());

async function scrape(url = backend.url): Promise<Series[]> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  return readSeries(await response.text());
}

/** By how much each of the series of a name grew while `work` ran. */
async function grown(name: string, labels: Record<string, string>, work: () => Promise<unknown>) {
  const before = valueIn(await scrape(), name, labels) ?? 0;
  await work();
  return (valueIn(await scrape(), name, labels) ?? 0) - before;
}

const TOTAL = "peg_comparison_requests_total";
const COUNT = "peg_comparison_request_duration_seconds_count";

describe("requests are counted", () => {
  let token: string;
  let id: string;
  beforeAll(async () => {
    token = await tokenFor("counted");
    ({ id } = await (await backend.clientOf("counted")).analysis.create.mutate(sampleAnalysis()));
  });
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${backend.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  const REST = "/api/analysis/results/{id}/peg-comparison";

  test("over tRPC by procedure, each call of a batch by itself", async () => {
    const labels = { method: "GET", endpoint: "pegComparison.get", status: "200" };
    expect(await grown(TOTAL, labels, () => ask(queryPath("pegComparison.get", { id })))).toBe(1);
    const batch = batchPath([
      ["pegComparison.get", { id }],
      ["pegComparison.get", { id: "absent" }],
      ["pegComparison.get", { id }],
    ]);
    expect(await grown(TOTAL, labels, () => ask(batch))).toBe(2);
    expect(await grown(TOTAL, { ...labels, status: "403" }, () => ask(batch))).toBe(1);
    // Both kinds of reading, by our own reader and by tRPC's handler.
    const streamed = { headers: { "trpc-accept": "application/jsonl" } };
    expect(await grown(TOTAL, labels, async () => (await ask(batch, streamed)).text())).toBe(2);
  });

  test("over REST by route, with the status that was sent", async () => {
    const path = `/api/analysis/results/${id}/peg-comparison`;
    const labels = { method: "GET", endpoint: REST };
    const answer = await ask(path);
    const unchanged = { headers: { "if-none-match": answer.headers.get("etag") ?? "" } };
    expect(await grown(TOTAL, { ...labels, status: "304" }, () => ask(path, unchanged))).toBe(1);
    expect(await grown(TOTAL, { ...labels, status: "400" }, () => ask(`${path}?async=maybe`))).toBe(1);
    expect(await grown(TOTAL, { endpoint: REST, status: "405" }, () => ask(path, { method: "DELETE" }))).toBe(
      1,
    );
    const anonymous = { headers: { authorization: "" } };
    expect(await grown(TOTAL, { ...labels, status: "401" }, () => ask(path, anonymous))).toBe(1);
  });

  test("with how long they took", async () => {
    expect(
      await grown(COUNT, { endpoint: REST }, () => ask(`/api/analysis/results/${id}/peg-comparison`)),
    ).toBe(1);
    const labels = { method: "POST", endpoint: "pegComparison.recompute" };
    const body = {
      method: "POST",
      body: JSON.stringify({ json: { id } }),
      headers: { "content-type": "application/json" },
    };
    expect(await grown(COUNT, labels, () => ask("/trpc/pegComparison.recompute", body))).toBe(1);
  });

  test("as unknown where nothing of ours stands, and not where only the process is looked at", async () => {
    const unknown = { endpoint: "unknown" };
    expect(await grown(TOTAL, unknown, () => ask("/nowhere"))).toBe(1);
    expect(await grown(TOTAL, unknown, () => ask("/trpc/no.such"))).toBe(1);
    expect(await grown(TOTAL, unknown, () => ask("/trpc/pegComparison.get", { method: "PUT" }))).toBe(1);
    const all = async () =>
      Promise.all(["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"].map((path) => ask(path)));
    expect(await grown(TOTAL, {}, all)).toBe(0);
  });
});

describe("who may read them", () => {
  const TOKEN = "a-token-for-readers";

  test("without METRICS_TOKEN whoever is on this machine, and not through a proxy on it", async () => {
    expect((await fetch(`${backend.url}/metrics`)).status).toBe(200);
    for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "via"]) {
      const answer = await fetch(`${backend.url}/metrics`, { headers: { [name]: "127.0.0.1" } });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("METRICS_TOKEN");
    }
    for (const [address, status] of [
      ["127.0.0.1", 200],
      ["127.8.9.1", 200],
      ["::1", 200],
      ["::ffff:127.0.0.1", 200],
      ["10.0.0.7", 403],
      ["127.evil", 403],
      ["fd00::127.0.0.1", 403],
      ["::2", 403],
    ] as const) {
      const incoming = { socket: { remoteAddress: address } };
      const answer = await backend.runtime.app.request("/metrics", {}, { incoming });
      expect([address, answer.status]).toEqual([address, status]);
    }
    expect((await backend.runtime.app.request("/metrics")).status).toBe(403);
  });

  test("with METRICS_TOKEN whoever brings it, and METRICS_PORT serves them and health apart", async () => {
    const other = await startBackend({ METRICS_TOKEN: TOKEN, METRICS_PORT: "0" });
    try {
      expect((await fetch(`${other.url}/metrics`)).status).toBe(404);
      const url = (await other.runtime.listenForOperations())?.url;
      const read = async (authorization?: string) =>
        fetch(`${url}/metrics`, authorization ? { headers: { authorization } } : {});
      expect((await read(`Bearer ${TOKEN}`)).status).toBe(200);
      expect((await read(`Bearer ${TOKEN}x`)).status).toBe(401);
      const refused = await read();
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/docs`)).status).toBe(404);
    } finally {
      await other.stop();
    }
  });
});

test("R16: 100,000 random paths and users add no series", { timeout: 300_000 }, async () => {
  const { app, metrics, services } = backend.runtime;
  const names = async () =>
    readSeries((await metrics.read()).text)
      .filter(({ name }) => name.startsWith("peg_") || name.startsWith("mcp_"))
      .map(({ name, labels }) => `${name}${JSON.stringify(labels)}`)
      .sort();
  const random = () => Math.random().toString(36).slice(2);
  const { verify } = services.tokens;
  const { stackTraceLimit } = Error;
  // Stacks of errors that nobody reads would take most of the time.
  Error.stackTraceLimit = 0;
  // Who a token speaks for is all that is tried here, a hundred thousand signatures are not.
  services.tokens.verify = async (userId = "") => ({ userId, scopes: [], expiresAt: new Date(8.64e15) });
  const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"];
  const paths = [
    () => `/${random()}`,
    () => `/api/analysis/results/${random()}`,
    () => `/api/analysis/results/${random()}/peg-comparison`,
    () => `/api/${random()}/${random()}`,
    () => `/trpc/${random()}`,
    () => queryPath("pegComparison.get", { id: random() }),
    () => `/trpc/${random()},pegComparison.status?batch=1&input=%7B%7D`,
  ];
  const ask = (i: number) =>
    app.request((paths[i % paths.length] as () => string)(), {
      method: METHODS[Math.floor(i / paths.length) % METHODS.length] as string,
      headers: {
        authorization: `Bearer ${random()}`,
        "x-request-id": random(),
        "content-type": "application/json",
      },
    });
  const inTurn = async (count: number, send: (i: number) => Response | Promise<Response>) => {
    for (let i = 0; i < count; i += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, k) => send(i + k)));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
  };
  // Of each path its own answer tells nothing: most come by twenty.
  const batch = () =>
    `/trpc/${Array.from({ length: MAX_BATCH_SIZE }, random).join(",")}?batch=1&input=%7B%7D`;
  try {
    await inTurn(500, ask);
    const before = await names();
    const answer = await app.request(batch());
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ length: MAX_BATCH_SIZE }),
    ]);
    await inTurn(2_000, ask);
    await inTurn(98_000 / MAX_BATCH_SIZE, () => app.request(batch()));
    expect(await names()).toEqual(before);
    expect(before.length).toBeLessThan(1_500);
  } finally {
    services.tokens.verify = verify;
    Error.stackTraceLimit = stackTraceLimit;
  }
});
