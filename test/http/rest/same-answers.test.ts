import fc from "fast-check";
import superjson, { type SuperJSONResult } from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REST_ROUTES, type RestRoute } from "../../../src/http/rest/routes.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../../support/backend.js";
import { undocumented } from "../../support/documented.js";

const PLENTY = {
  RATE_LIMIT_GET: "100000/1m",
  RATE_LIMIT_STATUS: "100000/1m",
  RATE_LIMIT_ALL: "100000/1m",
};
const INPUTS = 10_000;

/** What an answer of either face comes to. */
interface Outcome {
  verdict: string;
  details?: unknown;
  data?: unknown;
}

interface Call {
  procedure: string;
  user: string;
  /** Of the path. */
  named: Record<string, string>;
  rest: Record<string, unknown>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const MOVING = new Set(["processing_time", "progress", "cached", "estimated_completion"]);

/** Without what differs between two backends that did the same: times, random ids, and how far a task is by now. */
function settled(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => {
    if (MOVING.has(key) || (key === "status" && value !== "FAILED")) return "MOVES";
    if (key === "next_cursor" && value !== null) return "CURSOR";
    if (typeof value !== "string") return value;
    return TIME.test(value) ? "TIME" : UUID.test(value) ? "UUID" : value;
  });
}

/** Whether an answer is a task, which the other backend may have finished by now. */
function isTask({ data }: Outcome): boolean {
  return typeof data === "object" && data !== null && "task_id" in data;
}

function routeOf(procedure: string): RestRoute {
  const route = REST_ROUTES.find((one) => one.procedure === procedure);
  if (!route) throw new Error(`${procedure} has no route`);
  return route;
}

describe("REST and tRPC", () => {
  const backends: TestBackend[] = [];
  const answers = new Map<string, number>();
  const tokens = new Map<string, string>([["nobody", ""]]);

  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      const backend = await startBackend(PLENTY);
      backends.push(backend);
      const alice = await backend.clientOf("alice");
      for (const id of ["read-a", "read-b", "moving"]) {
        await alice.analysis.create.mutate(sampleAnalysis({ id }));
        await alice.permission.grant.mutate({ id, user_id: "bob", permission_type: "read" });
      }
      await alice.pegComparison.get.query({ id: "read-a" });
      await alice.pegComparison.get.query({ id: "moving", async: true });
    }
    for (const user of ["alice", "bob", "mallory"]) tokens.set(user, await tokenFor(user));
    tokens.set("operator", await tokenFor("operator", { scope: "peg:admin" }));
    tokens.set("forged", "a.b.c");
  });
  afterAll(() => Promise.all(backends.map((backend) => backend.stop())));

  function send(backend: TestBackend, user: string, path: string, method: string, body?: string) {
    const token = tokens.get(user);
    const headers = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    return backend.runtime.app.request(path, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  async function overRest(backend: TestBackend, { procedure, user, named, rest }: Call): Promise<Outcome> {
    const route = routeOf(procedure);
    const path = route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(named[name] ?? ""));
    const query = new URLSearchParams(
      Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const body = route.rest === "body" ? JSON.stringify(rest) : undefined;
    const address = route.rest === "query" && query.size ? `${path}?${query}` : path;
    const response = await send(backend, user, address, route.method, body);
    // Whatever came often was looked at often.
    const kind = `${procedure} ${response.status}`;
    const times = (answers.get(kind) ?? 0) + 1;
    answers.set(kind, times);
    if (times <= 50) {
      expect(await undocumented(route.method, new URL(address, "http://x"), response)).toEqual([]);
    }
    const answer = await response.text();
    if (response.ok) return { verdict: "ok", data: settled(answer) };
    const { error } = JSON.parse(answer) as { error: { code: string; details?: unknown } };
    return { verdict: `${response.status} ${error.code}`, details: error.details };
  }

  async function overTrpc(backend: TestBackend, { procedure, user, named, rest }: Call): Promise<Outcome> {
    const route = routeOf(procedure);
    const input = JSON.stringify({ json: { ...rest, ...named } });
    const get = route.method === "GET";
    const response = await send(
      backend,
      user,
      `/trpc/${route.procedure}${get ? `?input=${encodeURIComponent(input)}` : ""}`,
      get ? "GET" : "POST",
      get ? undefined : input,
    );
    const answer = (await response.json()) as {
      result?: { data: SuperJSONResult };
      error?: { json: { data: { httpStatus: number; error: { code: string; details?: unknown } } } };
    };
    if (answer.result) {
      return { verdict: "ok", data: settled(JSON.stringify(superjson.deserialize(answer.result.data))) };
    }
    const { httpStatus, error } = answer.error?.json.data ?? { httpStatus: 0, error: { code: "none" } };
    return { verdict: `${httpStatus} ${error.code}`, details: error.details };
  }

  // Text that a query cannot take for a number or a truth value: both faces are given the same value.
  const words = fc.constantFrom(
    "",
    "yes",
    "TRUE",
    " 5",
    "0x10",
    "1e",
    "--1",
    "null",
    "a,b",
    "é漢",
    "[object Object]",
  );
  /** Mostly good ones. */
  const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: bad });
  const flags = mostly(fc.boolean(), words);
  const numbers = mostly(
    fc.integer({ min: 1, max: 100 }),
    fc.oneof(fc.integer(), fc.constantFrom(0.5, -0.5, 1e21), words),
  );
  const times = fc.oneof(
    fc
      .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.constantFrom("2024-01-01", "2024-02-30", "yesterday", "2024-01-01 10:00"),
  );
  const ids = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("read-a", "read-b") },
    { weight: 2, arbitrary: fc.constantFrom("absent", "moving") },
    {
      weight: 1,
      arbitrary: fc.constantFrom("bad id", "ü", "a/b", "%2e", "a?b#c", "x".repeat(256), "%00", "a\nb"),
    },
  );
  const unknown = fc.option(
    fc.dictionary(fc.constantFrom("role", "user_id", "is_admin", "x"), words, { maxKeys: 1 }),
    {
      nil: {},
      freq: 8,
    },
  );
  const junk = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    words,
    fc.constant([]),
    fc.constant({}),
  );
  const people = fc.oneof(
    fc.constantFrom("bob", "carol", "a/b c", "%41"),
    fc.constantFrom("a\u0000b", "x".repeat(256)),
  );
  const grants = mostly(fc.constantFrom("read", "write", "admin"), words);
  const some = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
  const rawData = fc
    .constantFrom(sampleAnalysis(), sampleAnalysis({ pegs: 1, factor: 0.5 }))
    .map((analysis) => {
      const { stats, request_params, period_info } = JSON.parse(JSON.stringify(analysis)) as Record<
        string,
        unknown
      >;
      return { stats, request_params, period_info };
    });
  const withData = (head: fc.Arbitrary<object>) =>
    fc
      .tuple(
        head,
        rawData,
        fc.option(fc.tuple(fc.constantFrom("stats", "period_info", "request_params"), junk), { freq: 2 }),
      )
      .map(([more, data, spoiled]) => ({
        ...data,
        ...more,
        ...(spoiled ? { [spoiled[0]]: spoiled[1] } : {}),
      }));

  /** What stands beside the path, by procedure, and how often it is called. */
  const BESIDE: Record<string, [number, fc.Arbitrary<object>]> = {
    "pegComparison.get": [20, some({ include_metadata: flags, cache_ttl: numbers, async: flags })],
    "pegComparison.summary": [10, fc.constant({})],
    "pegComparison.status": [10, some({ task_id: fc.oneof(fc.uuid({ version: 4 }), words) })],
    "pegComparison.recompute": [1, fc.constant({})],
    "analysis.create": [
      3,
      withData(some({ id: fc.oneof(fc.constantFrom("new-1", "read-a", "bad id"), junk), name: junk })),
    ],
    "analysis.list": [
      10,
      some({ limit: numbers, cursor: words, name: words, created_from: times, created_to: times }),
    ],
    "analysis.byId": [10, fc.constant({})],
    "analysis.series": [
      10,
      some({ peg_name: mostly(fc.constantFrom("PEG_000", "PEG_001", "PEG_009"), words), points: numbers }),
    ],
    "analysis.replaceData": [3, withData(some({ data_version: numbers }))],
    "analysis.delete": [1, fc.constant({})],
    "permission.list": [5, fc.constant({})],
    "permission.own": [5, fc.constant({})],
    "permission.grant": [5, some({ permission_type: grants, expires_at: times })],
    "permission.revoke": [5, some({ permission_type: grants })],
    "audit.list": [3, some({ limit: numbers, cursor: words })],
  };
  const routes = REST_ROUTES.filter((route) => !route.streamed);
  const calls = fc.oneof(
    ...routes.map((route) => {
      const [weight, beside] = BESIDE[route.procedure] ?? [0, fc.constant({})];
      const changes = route.procedure === "pegComparison.recompute" || route.procedure === "analysis.delete";
      const named: Record<string, fc.Arbitrary<string>> = {
        ...(route.path.includes("{id}")
          ? { id: changes ? fc.constantFrom("moving", "new-1", "absent") : ids }
          : {}),
        ...(route.path.includes("{user_id}") ? { user_id: people } : {}),
      };
      const user = fc.constantFrom(
        "alice",
        "alice",
        "alice",
        "bob",
        "mallory",
        "operator",
        "nobody",
        "forged",
      );
      const arbitrary = fc
        .record({ user, named: fc.record(named), rest: beside, more: unknown })
        .map(({ user, named, rest, more }): Call => {
          const known = Object.fromEntries(Object.entries(more).filter(([name]) => !(name in named)));
          return { procedure: route.procedure, user, named, rest: { ...rest, ...known } };
        });
      return { weight, arbitrary };
    }),
  );

  test(`agree in verdict, code, details and data on ${INPUTS} calls, in any order (trap 6, R8, F7)`, {
    timeout: 180_000,
  }, async () => {
    expect(new Set(Object.keys(BESIDE))).toEqual(new Set(routes.map(({ procedure }) => procedure)));
    const verdicts = new Map<string, number>();
    const property = fc.asyncProperty(calls, fc.boolean(), async (call, swapped) => {
      const [one, other] = (swapped ? [...backends].reverse() : backends) as [TestBackend, TestBackend];
      const [rest, trpc] = [await overRest(one, call), await overTrpc(other, call)];
      verdicts.set(rest.verdict, (verdicts.get(rest.verdict) ?? 0) + 1);
      if (isTask(rest) || isTask(trpc)) expect(rest.verdict).toBe(trpc.verdict);
      else expect(rest).toEqual(trpc);
    });
    // An id that is taken comes up seldom: here it does for certain.
    const taken = JSON.parse(JSON.stringify(sampleAnalysis({ id: "read-a" }))) as Record<string, unknown>;
    const conflict: Call = { procedure: "analysis.create", user: "alice", named: {}, rest: taken };
    // What is done stays done: a smaller example would not start where this one did.
    await fc.assert(property, { numRuns: INPUTS, endOnFailure: true, examples: [[conflict, false]] });
    // Good and bad: each verdict that these inputs can have was really seen.
    expect([...verdicts.keys()].sort()).toEqual([
      "400 API_VALIDATION_ERROR",
      "401 API_AUTHENTICATION_ERROR",
      "403 PERMISSION_DENIED",
      "404 ANALYSIS_NOT_FOUND",
      "404 TASK_NOT_FOUND",
      "409 CONFLICT",
      "ok",
    ]);
    expect(verdicts.get("ok")).toBeGreaterThan(INPUTS / 10);
  });
});
