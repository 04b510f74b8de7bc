import { DrizzleQueryError, sql } from "drizzle-orm";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorBody } from "../../src/contract/errors.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { openStream } from "../support/open-stream.js";

const CANARY = "canary-4711";

let backend: TestBackend;
let authorization: string;
let id: string;
/** Causes of failed calls, as they were logged. */
const errors: unknown[] = [];

beforeAll(async () => {
  const silent = () => {};
  const note = ({ event, err }: { event?: string; err?: unknown }) => {
    if (event === "peg_comparison_error") errors.push(err);
  };
  backend = await startBackend(
    { RATE_LIMIT_GET: "100000/1m", RATE_LIMIT_STATUS: "100000/1m", RATE_LIMIT_ALL: "100000/1m" },
    { logger: { debug: silent, info: silent, warn: note, error: note } },
  );
  authorization = `Bearer ${await tokenFor("alice")}`;
  ({ id } = await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis()));
  await (await backend.clientOf("alice")).pegComparison.get.query({ id });
});
afterAll(() => backend?.stop());

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(`${backend.url}/trpc/${path}`, { headers: { authorization, ...headers } });
}

function post(path: string, body: string, contentType?: string) {
  const headers = { authorization, ...(contentType === undefined ? {} : { "content-type": contentType }) };
  // A Blob without a type goes without a content type.
  return fetch(`${backend.url}/trpc/${path}`, { method: "POST", headers, body: new Blob([body]) });
}

const input = (value: unknown) => encodeURIComponent(JSON.stringify({ json: value }));

/** The error object within any answer of either face. */
function errorOf(answer: unknown): unknown {
  const trpc = (answer as { error?: { json?: { data?: { error?: unknown } } } }).error?.json?.data?.error;
  return trpc ?? (answer as { error?: unknown }).error;
}

describe("trap 1: a batch of calls in one request", () => {
  test("is bounded, and refused whole before any call runs", async () => {
    const paths = Array.from({ length: 500 }, () => "analysis.byId").join(",");
    backend.queries.length = 0;
    const response = await get(`${paths}?batch=1&input=%7B%7D`);
    expect(response.status).toBe(400);
    expect(backend.queries).toEqual([]);
  });
});

describe("trap 3, T11: what went wrong inside", () => {
  test.each([
    ["a thrown Error with a cause", new Error(CANARY, { cause: new Error(CANARY) })],
    ["a thrown string", CANARY],
    ["a TypeError", new TypeError(CANARY)],
    ["an AggregateError", new AggregateError([new Error(CANARY)], CANARY)],
    ["a RangeError", new RangeError(CANARY)],
    ["nothing", undefined],
    ["an object that is no error", { message: CANARY, stack: CANARY, code: CANARY }],
    ["an AbortError", new DOMException(CANARY, "AbortError")],
  ])("%s leaves as a fixed message", async (_, thrown) => {
    const { services } = backend.runtime;
    const { sealer } = services;
    services.sealer = { ...sealer, seal: () => Promise.reject(thrown) } as typeof sealer;
    try {
      const response = await post(
        "analysis.create",
        JSON.stringify({ json: sampleAnalysis() }),
        "application/json",
      );
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(text).not.toMatch(/canary|stack|node_modules|\.ts:|\.js:/);
      expect(errorBody.parse(errorOf(JSON.parse(text)))).toMatchObject({
        code: "INTERNAL_ERROR",
        request_id: response.headers.get("x-request-id"),
      });
    } finally {
      services.sealer = sealer;
    }
  });

  test("a failed query leaves without its SQL and its parameters, on each face and road, and in streams", async () => {
    const { db, signals } = backend.runtime.services;
    const user = `${CANARY} user`;
    const headers = { authorization: `Bearer ${await tokenFor(user)}` };
    const peg = await backend.clientOf(user);
    await peg.analysis.create.mutate(sampleAnalysis({ id: CANARY }));
    await peg.pegComparison.get.query({ id: CANARY });
    // One that watches a task has begun to read; nothing will ever come of it.
    await db.execute(sql`
      update peg_comparison_tasks set status = 'PROCESSING', lease_until = now() + interval '1 hour'
      where analysis_id = ${CANARY}`);
    const begun = await openStream(backend.url, CANARY, headers);
    await begun.events(1);
    const call = `input=${input({ id: CANARY })}`;
    const rest = `/api/analysis/results/${CANARY}`;
    const json = { "content-type": "application/json" };
    const grant = { user_id: "bob", permission_type: "read" };
    const body = JSON.stringify({ json: { id: CANARY, ...grant } });
    // What goes on with a trace takes the ordinary road, for a read too.
    const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    const asked: [string, { method?: string; headers?: Record<string, string>; body?: string }][] = [
      [`/trpc/pegComparison.status?${call}`, {}],
      [`/trpc/pegComparison.status?${call}`, { headers: { traceparent } }],
      [`${rest}/peg-comparison/status`, {}],
      [`${rest}/peg-comparison/status`, { headers: { traceparent } }],
      [`/trpc/analysis.byId?${call}`, {}],
      [rest, {}],
      ["/trpc/permission.grant", { method: "POST", headers: json, body }],
      [`${rest}/permissions/bob`, { method: "PUT", headers: json, body: '{"permission_type":"read"}' }],
    ];
    const unsaid = new RegExp(
      `${CANARY}|select|insert|update|failed query|params|relation|peg_|analysis_`,
      "i",
    );
    errors.length = 0;
    const tables = ["analysis_results", "peg_comparison_tasks", "user_analysis_permissions"];
    for (const table of tables) await db.execute(sql.raw(`alter table ${table} rename to gone_${table}`));
    try {
      for (const [path, init] of asked) {
        const response = await fetch(backend.url + path, {
          ...init,
          headers: { ...headers, ...init.headers },
        });
        const text = await response.text();
        expect([path, response.status]).toEqual([path, 500]);
        expect(text).not.toMatch(unsaid);
        expect(errorBody.parse(errorOf(JSON.parse(text))).code).toBe("INTERNAL_ERROR");
      }
      signals.emit(`analysis/${CANARY}`);
      const late = await openStream(backend.url, CANARY, headers);
      for (const stream of [begun, late]) {
        await stream.ended;
        const last = stream.all().at(-1);
        expect(last).toMatchObject({ event: "serialized-error", data: { data: { httpStatus: 500 } } });
        expect(JSON.stringify(last)).not.toMatch(unsaid);
      }
    } finally {
      for (const table of tables) await db.execute(sql.raw(`alter table gone_${table} rename to ${table}`));
    }
    // Each was one that does tell of both, where only an operator reads it.
    expect(errors.length).toBe(asked.length + 2);
    for (const error of errors) {
      expect(error).toBeInstanceOf(DrizzleQueryError);
      expect((error as Error).message).toMatch(new RegExp(`^Failed query: [^]*${CANARY}`));
    }
  });
});

describe("T12, T13: what a request said is not said again", () => {
  test.each([
    [
      "malformed JSON in a query",
      () => get(`pegComparison.get?input=${encodeURIComponent(`{"${CANARY}":abc`)}`),
    ],
    ["malformed JSON in a body", () => post("analysis.create", `{"${CANARY}":abc`, "application/json")],
    ["an unknown procedure", () => get(`${CANARY}?input=%7B%7D`)],
    ["an unknown procedure by POST", () => post(CANARY, "{}", "application/json")],
    ["a prototype's name as a procedure", () => get("__proto__")],
    ["a path of broken escapes", () => get("%E0%A4%A")],
    ["a body of null", () => post("analysis.create", "null", "application/json")],
    ["a batch whose input is no object", () => get(`analysis.byId?batch=1&input=%22${CANARY}%22`)],
    ["a query asked by POST", () => post("pegComparison.get", "{}", "application/json")],
    ["a mutation asked by GET", () => get(`analysis.create?input=${input({})}`)],
  ])("%s", async (_, ask) => {
    const response = await ask();
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    const text = await response.text();
    expect(text).not.toMatch(/canary|Unexpected token|Cannot |stack/);
    const parsed: unknown = JSON.parse(text);
    expect(errorBody.parse(errorOf(Array.isArray(parsed) ? parsed[0] : parsed)).code).toBe(
      "API_VALIDATION_ERROR",
    );
  });

  test("unknown fields are named, their values are not", async () => {
    const response = await get(`pegComparison.get?input=${input({ id, is_admin: CANARY })}`);
    const body = errorBody.parse(errorOf(await response.json()));
    expect(body).toMatchObject({ code: "API_VALIDATION_ERROR", details: [{ path: "is_admin" }] });
    expect(JSON.stringify(body)).not.toContain(CANARY);
  });
});

describe("inputs in superjson's envelope (T15, T16)", () => {
  const withMeta = (json: unknown, meta: unknown) =>
    get(`pegComparison.get?input=${encodeURIComponent(JSON.stringify({ json, meta }))}`);

  test("may annotate dates and what was undefined", async () => {
    const response = await withMeta({ id, cache_ttl: null }, { values: { cache_ttl: ["undefined"] }, v: 1 });
    expect(response.status).toBe(200);
  });

  test.each(["DL_Thp", "DL.Thp.Avg", "DL\\Thp.Avg"])("may name what was undefined under %s", async (name) => {
    const request_params = { peg_definitions: { [name]: { weight: 5, unit: undefined } } };
    const body = JSON.stringify(superjson.serialize({ ...sampleAnalysis(), request_params }));
    const response = await post("analysis.create", body, "application/json");
    expect(response.status).toBe(200);
  });

  test("may annotate each row: a client of tRPC and superjson sends dates, what is undefined, and -0", async () => {
    const rows = 20_000;
    const stats = Array.from({ length: rows }, (_, i) => ({
      kpi_name: "A",
      period: i % 2 ? ("N" as const) : ("N-1" as const),
      avg: i % 5 ? i : -0,
      cell_id: "C1",
      timestamp: i % 3 ? new Date(Date.UTC(2024, 0, 1 + (i % 14))) : undefined,
      suspect: undefined,
    }));
    const body = JSON.stringify(superjson.serialize({ ...sampleAnalysis(), stats }));
    const response = await post("analysis.create", body, "application/json");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ result: { data: { json: { rows } } } });
    const infinite = superjson.serialize({ ...sampleAnalysis(), stats: [{ ...stats[0], avg: Infinity }] });
    const refused = await post("analysis.create", JSON.stringify(infinite), "application/json");
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('"path":"stats.0.avg"');
  });

  test.each([
    ["a RegExp", { values: { id: ["regexp"] } }],
    ["a Map", { values: { id: ["map"] } }],
    ["a bigint", { values: { id: ["bigint"] } }],
    ["a class", { values: { id: [["class", "Admin"]] } }],
    ["the root", { values: ["map"] }],
    ["no object at all", 7],
    [
      "more dates than any input has",
      { values: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, ["Date"]])) },
    ],
  ])("may not annotate %s", async (_, meta) => {
    const body = JSON.stringify({ json: sampleAnalysis(), meta });
    const response = await post("analysis.create", body, "application/json");
    expect(response.status).toBe(400);
  });

  test("do not reach a prototype", async () => {
    await withMeta(
      { id },
      { values: { "__proto__.polluted": ["undefined"], "constructor.prototype.x": ["Date"] } },
    );
    await post("analysis.create", '{"json":{"__proto__":{"polluted":1}}}', "application/json");
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("every answer", () => {
  test.each([
    ["a success", () => get(`pegComparison.get?input=${input({ id })}`)],
    ["an error of a procedure", () => get("pegComparison.get")],
    ["an unknown address", () => fetch(`${backend.url}/nowhere`)],
    ["a refused type", () => post("analysis.create", "x", "text/plain")],
    ["health", () => fetch(`${backend.url}/healthz`)],
  ])("has the security headers: %s", async (_, ask) => {
    const { headers } = await ask();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toContain("max-age=");
    expect(headers.get("cache-control")).toContain("private");
    expect(headers.get("x-request-id")).toMatch(/^[\w-]+$/);
    expect(headers.has("server") || headers.has("x-powered-by")).toBe(false);
  });

  test("carries the request id that was sent, if it is a decent one", async () => {
    const given = await fetch(`${backend.url}/healthz`, { headers: { "x-request-id": "trace-1" } });
    expect(given.headers.get("x-request-id")).toBe("trace-1");
    const odd = await fetch(`${backend.url}/healthz`, { headers: { "x-request-id": "a b<script>" } });
    expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("is not given to another origin unless the settings name it", async () => {
    const other = await startBackend({ CORS_ORIGINS: "https://dashboard.example.com" });
    try {
      const ask = (origin: string) => fetch(`${other.url}/healthz`, { headers: { origin } });
      const allowed = (await ask("https://dashboard.example.com")).headers;
      expect(allowed.get("access-control-allow-origin")).toBe("https://dashboard.example.com");
      for (const origin of ["https://dashboard.example.com.evil.com", "https://evil.com", "null"]) {
        expect((await ask(origin)).headers.get("access-control-allow-origin")).toBeNull();
      }
    } finally {
      await other.stop();
    }
  });

  test("to a body over the cap is 413", async () => {
    const response = await post(
      "analysis.create",
      `{"json":"${"x".repeat(65 * 1024 * 1024)}"}`,
      "application/json",
    );
    expect(response.status).toBe(413);
    expect(errorBody.parse(errorOf(await response.json())).code).toBe("PAYLOAD_TOO_LARGE");
  });
});
