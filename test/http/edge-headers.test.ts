import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, PLENTY, queryPath, readAnswer } from "../support/faces.js";
import { sendRaw } from "../support/raw-request.js";

const LISTED = "https://dashboard.example.com";
const ID = "edge";
const REST = `/api/analysis/results/${ID}`;

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend({ ...PLENTY, CORS_ORIGINS: LISTED });
  authorization = `Bearer ${await tokenFor("alice")}`;
  const alice = await backend.clientOf("alice");
  await alice.analysis.create.mutate(sampleAnalysis({ id: ID }));
  await alice.pegComparison.get.query({ id: ID });
});
afterAll(() => backend?.stop());

function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${backend.url}${path}`, { ...init, headers });
}

describe("every answer has the security headers (R11)", () => {
  const CASES: [string, number, () => Promise<Response>][] = [
    ["a comparison", 200, () => ask(`${REST}/peg-comparison`)],
    ["a comparison, over tRPC", 200, () => ask(queryPath("pegComparison.get", { id: ID }))],
    [
      "a batch as a stream",
      200,
      () =>
        ask(`${queryPath("analysis.list", {}).replace("?", "?batch=1&")}`, {
          headers: { "trpc-accept": "application/jsonl" },
        }),
    ],
    [
      "a compressed table",
      200,
      () => ask(`${REST}/peg-comparison?format=csv`, { headers: { "accept-encoding": "gzip" } }),
    ],
    ["what is held already", 304, () => ask(REST, { headers: { "if-none-match": "*" } })],
    ["HEAD of tRPC", 204, () => ask("/trpc/analysis.list", { method: "HEAD" })],
    ["a bad input", 400, () => ask(`${REST}?x=1`)],
    ["a batch too large", 400, () => ask(`/trpc/${",".repeat(40)}?batch=1`)],
    ["no token", 401, () => ask(REST, { headers: { authorization: "" } })],
    ["no permission", 403, () => ask("/api/analysis/results/absent")],
    ["a foreign page", 403, () => ask(REST, { method: "DELETE", headers: { origin: "https://evil.com" } })],
    ["an unknown address", 404, () => ask("/nowhere")],
    ["an unknown procedure", 404, () => ask("/trpc/nothing")],
    ["a wrong method", 405, () => ask(REST, { method: "PATCH" })],
    ["a wrong method, over tRPC", 405, () => ask("/trpc/analysis.list", { method: "PATCH" })],
    ["a body too long", 413, () => ask("/trpc/permission.grant", { ...jsonBody("x".repeat(300_000)) })],
    ["a body of text", 415, () => ask("/trpc/permission.grant", { method: "POST", body: "x" })],
    ["a preflight", 204, () => ask(REST, { method: "OPTIONS", headers: { origin: LISTED } })],
  ];

  test.each(CASES)("%s, %i", async (_, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expectSecure(response.headers);
    await response.body?.cancel();
  });

  function expectSecure(headers: Headers, kept = /^private, no-(store|cache)$/) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toContain("max-age=");
    expect(headers.get("cache-control")).toMatch(kept);
    expect(headers.get("x-request-id")).toMatch(/^[\w-]+$/);
    expect(headers.has("server") || headers.has("x-powered-by")).toBe(false);
  }

  test("a fault of ours, a refusal by a limit, streams, and what is public", async () => {
    const { services } = backend.runtime;
    const { shared } = services;
    services.shared = { ...shared, visit: () => Promise.reject(new Error("x")) } as unknown as typeof shared;
    const faults = await Promise.all([ask(REST), ask("/trpc/analysis.list?input=%7B%7D")]).finally(() => {
      services.shared = shared;
    });
    for (const { status, headers } of faults) {
      expect(status).toBe(500);
      expectSecure(headers, /^private, no-store$/);
    }
    for (const path of [`${REST}/peg-comparison/events`, queryPath("pegComparison.watch", { id: ID })]) {
      const stream = await ask(path, { headers: { accept: "text/event-stream" } });
      expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
      expectSecure(stream.headers, /^private, no-store(, no-transform)?$/);
      await stream.body?.cancel();
    }
    for (const path of ["/openapi.json", "/docs", "/docs/style.css"])
      expectSecure((await ask(path)).headers, /^public, max-age=300$/);
    const limited = await startBackend({ RATE_LIMIT_ALL: "1/1h" });
    try {
      const list = async (path: string) => fetch(`${limited.url}${path}`, { headers: { authorization } });
      await list("/api/analysis/results");
      for (const path of ["/api/analysis/results", queryPath("analysis.list", {})]) {
        const { status, headers } = await list(path);
        expect(status).toBe(429);
        expectSecure(headers, /^private, no-store$/);
      }
    } finally {
      await limited.stop();
    }
  });
});

describe("what a caller chooses does not break a header (R9)", () => {
  test.each(["a b", "a\tb", "<script>", "a\xffb", "\xe9", "x".repeat(129), "a,b", "", '"'])(
    "a request id of %j is replaced",
    async (id) => {
      const { status, headers } = await sendRaw(
        backend.url,
        `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`,
      );
      expect(status).toBe(200);
      expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test.each(["a/b c", "ü-漢-🙂", "a\"b'c", "%0d%0aX-Evil: 1", "a;b,c?d#e", "../../x", "__proto__"])(
    "a user id of %j goes through both faces as it is",
    async (user) => {
      const alice = await backend.clientOf("alice");
      const path = `${REST}/permissions/${encodeURIComponent(user)}`;
      const granted = await readAnswer(await ask(path, jsonBody({ permission_type: "read" }, "PUT")));
      expect([granted.status, granted.headers.get("x-evil")]).toEqual([200, null]);
      expect((await alice.permission.list.query({ id: ID })).permissions).toContainEqual(
        expect.objectContaining({ user_id: user }),
      );
      const revoked = await readAnswer(await ask(`${path}?permission_type=read`, { method: "DELETE" }));
      expect(revoked.data).toEqual({ revoked: true });
    },
  );

  test.each(["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\u007fb", "a\u0085b"])(
    "a user id of %j is a mistake",
    async (user) => {
      const path = `${REST}/permissions/${encodeURIComponent(user)}`;
      const answers = [
        await readAnswer(await ask(path, jsonBody({ permission_type: "read" }, "PUT"))),
        await readAnswer(
          await ask(
            "/trpc/permission.grant",
            jsonBody({ json: { id: ID, user_id: user, permission_type: "read" } }),
          ),
        ),
      ];
      for (const { status, error } of answers)
        expect([status, error?.code]).toEqual([400, "API_VALIDATION_ERROR"]);
    },
  );

  test("Location is a path, whatever the request says of its host (R9, R14)", async () => {
    const forwarded = {
      "x-forwarded-host": "evil.com",
      "x-forwarded-proto": "gopher",
      forwarded: "host=evil.com",
    };
    const id = "loc:a.b-c_d";
    const body = JSON.parse(JSON.stringify(sampleAnalysis({ id }))) as object;
    const made = await ask("/api/analysis/results", {
      ...jsonBody(body),
      headers: { ...forwarded, "content-type": "application/json" },
    });
    expect([made.status, made.headers.get("location")]).toEqual([201, `/api/analysis/results/${id}`]);
    const started = await ask(`/api/analysis/results/${id}/peg-comparison/recompute`, {
      method: "POST",
      headers: forwarded,
    });
    expect(started.headers.get("location")).toMatch(
      /^\/api\/analysis\/results\/loc:a\.b-c_d\/peg-comparison\/status\?task_id=[0-9a-f-]{36}$/,
    );
    expect((await ask(started.headers.get("location") ?? "")).status).toBe(200);
  });
});

test.each([
  "1.2.3.4",
  "127.0.0.1, 10.0.0.1",
  "[::1]:80",
  "::ffff:127.0.0.1",
  "unknown, _hidden",
  Array.from({ length: 50 }, (_, i) => `10.0.0.${i}`).join(", "),
])("X-Forwarded-For of %j changes nothing (R14)", async (hops) => {
  const forwarded = {
    "x-forwarded-for": hops,
    "x-real-ip": hops,
    "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/x",
    "x-http-method-override": "DELETE",
    "x-original-url": "/healthz",
  };
  const plain = await readAnswer(await ask(REST));
  const told = await readAnswer(await ask(REST, { headers: forwarded }));
  expect([told.status, told.text]).toEqual([plain.status, plain.text]);
  expect((await ask(REST, { headers: { ...forwarded, authorization: "" } })).status).toBe(401);
});
