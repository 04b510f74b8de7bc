import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config.js";
import { createLogger } from "../../src/log.js";
import { userNames } from "../../src/observability.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, PLENTY } from "../support/faces.js";

const USER = "canary-user@example.com";
const CELL = "canary-cell-4711";
const SAID = "canary-said-by-the-service";

type Line = Record<string, unknown>;
let backend: TestBackend;
let upstream: Server;
let token: string;
let id: string;
const texts: string[] = [];
/** Of the calls that the analysis service got. */
const requestIds: unknown[] = [];
let answer = (): [status: number, body: object] => [422, refused()];

const refused = () => ({
  success: false,
  error: {
    code: "DATA_VALIDATION_ERROR",
    message: `${SAID}: ${CELL} cannot be compared`,
    details: [{ path: `stats.${CELL}`, message: `${SAID} of ${CELL}` }],
  },
});

beforeAll(async () => {
  upstream = createServer((request, response) => {
    requestIds.push(request.headers["x-request-id"]);
    const [status, body] = request.url?.includes("async") ? ([404, {}] as const) : answer();
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const { port } = upstream.address() as AddressInfo;
  const logger = createLogger("trace", { write: (text) => void texts.push(text) });
  backend = await startBackend(
    { ...PLENTY, MCP_URL: `http://127.0.0.1:${port}`, MCP_RETRIES: "1" },
    { logger },
  );
  token = await tokenFor(USER);
  const analysis = sampleAnalysis();
  for (const row of analysis.stats) row.cell_id = CELL;
  const created = await ask("/api/analysis/results", "create", jsonBody(analysis));
  ({ id } = (await created.json()) as { id: string });
});
afterAll(async () => {
  await backend.stop();
  upstream.close();
});

function ask(path: string, requestId: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "x-request-id": requestId, ...init.headers };
  return fetch(`${backend.url}${path}`, { ...init, headers });
}
const linesOf = (requestId: string): Line[] =>
  texts.map((text) => JSON.parse(text) as Line).filter((line) => line.request_id === requestId);
const comparison = () => `/api/analysis/results/${id}/peg-comparison`;

describe("the product's events", () => {
  test("a call is told when it begins and when it is answered, with the product's fields", async () => {
    await (await ask(`/api/analysis/results/${id}?`, "r-1")).text();
    const [request, response, ...more] = linesOf("r-1");
    expect(more).toEqual([]);
    const both = {
      request_id: "r-1",
      procedure: "analysis.byId",
      analysis_id: id,
      user_id: expect.stringMatching(/^u_[0-9a-f]{16}$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    };
    expect(request).toMatchObject({ ...both, event: "peg_comparison_request", request_size: 0 });
    expect(response).toMatchObject({
      ...both,
      event: "peg_comparison_response",
      response_time: expect.any(Number),
      cached: false,
    });
  });

  test.each([
    ["over REST", () => `${comparison()}/events`],
    [
      "over tRPC",
      () => `/trpc/pegComparison.watch?input=${encodeURIComponent(JSON.stringify({ json: { id } }))}`,
    ],
  ])("a stream is told with its analysis when it begins, %s", async (face, path) => {
    const requestId = `stream-${face.split(" ")[1]}`;
    await (await ask(path(), requestId)).text();
    expect(linesOf(requestId)[0]).toMatchObject({
      event: "peg_comparison_request",
      procedure: "pegComparison.watch",
      analysis_id: id,
    });
  });

  test("a call that fails tells its code and our own words, not what the service said", async () => {
    expect((await ask(comparison(), "r-2")).status).toBe(400);
    expect(linesOf("r-2").map(({ event }) => event)).toEqual([
      "peg_comparison_request",
      "peg_comparison_error",
    ]);
    expect(linesOf("r-2")[1]).toMatchObject({ error_type: "DATA_VALIDATION_ERROR", analysis_id: id });
    expect(linesOf("r-2")[1]).not.toHaveProperty("error_message");
    answer = () => [500, { success: false, error: { code: SAID, message: SAID } }];
    expect((await ask(comparison(), "r-3")).status).toBe(502);
    expect(linesOf("r-3").at(-1)).toMatchObject({
      event: "peg_comparison_error",
      level: 40,
      error_type: "MCP_PROCESSING_ERROR",
      error_message: expect.stringContaining("not with a valid result"),
    });
  });

  test("a call without a token is told as well, and of nobody", async () => {
    await ask(comparison(), "r-4", { headers: { authorization: "" } });
    expect(linesOf("r-4")).toMatchObject([
      { event: "peg_comparison_error", error_type: "API_AUTHENTICATION_ERROR" },
    ]);
    expect(linesOf("r-4")[0]).not.toHaveProperty("user_id");
  });

  test("the same user has the same name in each line, and another one another", async () => {
    const names = (requestId: string) => new Set(linesOf(requestId).map(({ user_id }) => user_id));
    expect(names("r-1")).toEqual(names("r-2"));
    const other = await tokenFor("another");
    await ask("/api/analysis/results", "r-5", { headers: { authorization: `Bearer ${other}` } });
    expect([...names("r-5")]).not.toEqual([...names("r-1")]);
  });
});

describe("one request id", () => {
  test("goes through every line, the answer, the call of the service and the job", async () => {
    answer = () => [422, refused()];
    requestIds.length = 0;
    const response = await ask(`${comparison()}/recompute`, "r-6", jsonBody({}));
    expect([response.status, response.headers.get("x-request-id")]).toEqual([202, "r-6"]);
    await expect.poll(() => linesOf("r-6").map(({ msg }) => msg)).toContain("a task failed");
    expect(new Set(requestIds)).toEqual(new Set(["r-6"]));
  });

  test("of the caller is taken where it is harmless, and else replaced", async () => {
    for (const given of ["a b", "x".repeat(129), '"}', "%0a", "ü"]) {
      const response = await fetch(`${backend.url}/healthz`, {
        headers: { "x-request-id": Buffer.from(given).toString("latin1") },
      });
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
    const body = (await (await ask("/api/analysis/results/absent", "r:7._-")).json()) as { error: object };
    expect(body.error).toMatchObject({ request_id: "r:7._-" });
  });
});

test("R17: no token, user, cell or word of the service stands in a log line or a metric", async () => {
  const { text } = await backend.runtime.metrics.read();
  const signature = token.split(".")[2] as string;
  const told = [...texts, text];
  expect(texts.length).toBeGreaterThan(10);
  for (const canary of [token, signature, USER, CELL, SAID, "canary"]) {
    expect(told.filter((one) => one.includes(canary))).toEqual([]);
  }
});

test("LOG_USER_IDS shows users as they are, or not at all", () => {
  const nameBy = (form: string) => userNames(parseConfig({ LOG_USER_IDS: form }), new Uint8Array(32))(USER);
  expect(nameBy("plain")).toBe(USER);
  expect(nameBy("none")).toBeUndefined();
  expect(nameBy("pseudonym")).toMatch(/^u_/);
  // Whoever has another key cannot tell who it is.
  const config = parseConfig({});
  expect(userNames(config, new Uint8Array(32).fill(1))(USER)).not.toBe(nameBy("pseudonym"));
});
