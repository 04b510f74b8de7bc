import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REST_ROUTES, type RestRoute } from "../../../src/http/rest/routes.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../../support/backend.js";
import { jsonBody, PLENTY, queryPath, readAnswer } from "../../support/faces.js";

const ID = "inputs";
const COMPARISON = `/api/analysis/results/${ID}/peg-comparison`;

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice", { scope: "peg:admin" })}`;
  const alice = await backend.clientOf("alice");
  await alice.analysis.create.mutate(sampleAnalysis({ id: ID }));
  await alice.pegComparison.get.query({ id: ID });
});
afterAll(() => backend?.stop());

async function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization, ...(init.headers as Record<string, string> | undefined) };
  return readAnswer(await fetch(`${backend.url}${path}`, { ...init, headers }));
}

async function expectMistake(answer: ReturnType<typeof ask>, ...paths: string[]) {
  const { status, error } = await answer;
  expect([status, error?.code]).toEqual([400, "API_VALIDATION_ERROR"]);
  for (const path of paths) expect(error?.details?.map((detail) => detail.path)).toContain(path);
}

/** What a procedure is well called with, on an analysis that is there. */
const GOOD: Record<string, Record<string, unknown>> = {
  "analysis.create": JSON.parse(JSON.stringify(sampleAnalysis({ id: "not-made" }))),
  "analysis.replaceData": { ...JSON.parse(JSON.stringify(sampleAnalysis())), data_version: 1 },
  "permission.grant": { permission_type: "read" },
  "permission.revoke": { permission_type: "read" },
};
const NAMED: Record<string, string> = { id: ID, user_id: "bob" };

/** A call of a route with more fields than it has, over REST, in the query or the body, and over tRPC. */
function callsWith(route: RestRoute, more: string): [face: string, answer: ReturnType<typeof ask>][] {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => NAMED[name] ?? "");
  const inPath = Object.fromEntries(
    Object.entries(NAMED).filter(([name]) => route.path.includes(`{${name}}`)),
  );
  const { method, rest, procedure } = route;
  const good = GOOD[procedure] ?? {};
  const extended = `{${[JSON.stringify({ ...good, ...inPath }).slice(1, -1), more].filter(Boolean).join()}}`;
  const envelope = `{"json":${extended}}`;
  // A stream of tRPC tells an error as an event.
  if (route.streamed)
    return [["REST", ask(`${path}?${new URLSearchParams(Object.entries(JSON.parse(`{${more}}`)))}`)]];
  const overTrpc =
    method === "GET"
      ? ask(`/trpc/${procedure}?input=${encodeURIComponent(envelope)}`)
      : ask(`/trpc/${procedure}`, { ...jsonBody({}), body: envelope });
  if (rest === "body") {
    const body = `{${[JSON.stringify(good).slice(1, -1), more].filter(Boolean).join()}}`;
    return [
      ["tRPC", overTrpc],
      ["REST", ask(path, { ...jsonBody({}, method), body })],
    ];
  }
  const fields = Object.entries(JSON.parse(`{${more}}`) as object).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const query = new URLSearchParams([
    ...Object.entries(good).map(([n, v]): [string, string] => [n, String(v)]),
    ...fields,
  ]);
  return [
    ["tRPC", overTrpc],
    ["REST", ask(`${path}?${query}`, { method })],
  ];
}

describe("fields that a procedure does not have are refused, and change nothing (R3, R4)", () => {
  const EXTRA = [
    '"role":"admin"',
    '"is_admin":true',
    '"owner":"mallory"',
    '"granted_by":"mallory"',
    '"__proto__":{"polluted":1}',
    '"constructor":1',
    '"lastEventId2":"x"',
  ];

  test.each(REST_ROUTES.map((route) => [route.procedure, route] as const))("%s", async (_, route) => {
    for (const more of EXTRA) for (const [, answer] of callsWith(route, more)) await expectMistake(answer);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const alice = await backend.clientOf("alice");
    expect(
      (await alice.analysis.list.query({})).items.map(({ id, data_version }) => [id, data_version]),
    ).toEqual([[ID, 1]]);
    expect((await alice.permission.list.query({ id: ID })).permissions).toHaveLength(1);
  });

  test("also inside of what is nested", async () => {
    const base = JSON.parse(JSON.stringify(sampleAnalysis())) as { stats: object[]; period_info: object };
    for (const [path, body] of [
      ["stats.0.user_id", { ...base, stats: [{ ...base.stats[0], user_id: "x" }, ...base.stats.slice(1)] }],
      ["period_info.role", { ...base, period_info: { ...base.period_info, role: "x" } }],
    ] as const) {
      await expectMistake(ask("/api/analysis/results", jsonBody(body)), path);
      await expectMistake(ask("/trpc/analysis.create", jsonBody({ json: body })), path);
    }
  });
});

test("a stream of tRPC tells it as its first event (R3, R4)", async () => {
  const path = queryPath("pegComparison.watch", { id: ID, role: "admin" });
  const response = await fetch(`${backend.url}${path}`, { headers: { authorization } });
  expect(await response.text()).toMatch(/event: serialized-error\ndata: .*"API_VALIDATION_ERROR".*"role"/);
});

describe("what the path says is said once (R3)", () => {
  test.each([
    ["GET", `/api/analysis/results/${ID}?id=other`, undefined, "id"],
    ["GET", `/api/analysis/results/${ID}?id=${ID}`, undefined, "id"],
    ["DELETE", `/api/analysis/results/${ID}?id=other`, undefined, "id"],
    [
      "DELETE",
      `/api/analysis/results/${ID}/permissions/bob?permission_type=read&user_id=eve`,
      undefined,
      "user_id",
    ],
    [
      "PUT",
      `/api/analysis/results/${ID}/permissions/bob`,
      { permission_type: "read", user_id: "eve" },
      "user_id",
    ],
    ["PUT", `/api/analysis/results/${ID}/permissions/bob`, { permission_type: "read", id: "other" }, "id"],
    [
      "PUT",
      `/api/analysis/results/${ID}/permissions/bob?permission_type=admin`,
      { permission_type: "read" },
      "permission_type",
    ],
    ["PUT", `/api/analysis/results/${ID}/data`, { ...GOOD["analysis.replaceData"], id: "other" }, "id"],
    ["POST", `${COMPARISON}/recompute`, { id: "other" }, "id"],
    ["POST", `${COMPARISON}/recompute?id=other`, {}, "id"],
  ])("%s %s", async (method, path, body, field) => {
    await expectMistake(ask(path, body === undefined ? { method } : jsonBody(body, method)), field);
  });
});

describe("a parameter of a query", () => {
  test.each([
    "async=true&async=true",
    "async=true&async=false",
    "async=true&%61sync=true",
    "format=csv&format=json",
    "__proto__=1",
    "__proto__[x]=1&__proto__=2",
    "async[]=true",
    "async.x=true",
    "Async=true",
    "FORMAT=csv",
    "constructor=1",
    "%00=1",
    "=1",
    "input=%7B%7D",
    "batch=1",
  ])("is known, and given once: %s (R4)", (query) => expectMistake(ask(`${COMPARISON}?${query}`)));

  test("is given once over tRPC too (R4)", async () => {
    const path = queryPath("pegComparison.get", { id: ID });
    for (const more of ["&input=%7B%7D", `&${path.split("?")[1]}`, "&batch=0&batch=0", "&x=1&x=2"])
      await expectMistake(ask(path + more));
  });
});

describe("values that JSON has and a query has as text (trap 6, R8)", () => {
  /** The text of a query, and the same as it stands in JSON; what is no JSON is text there as well. */
  const VALUES: [name: string, text: string, json: string, good: boolean][] = [
    ["async", "true", "true", true],
    ["async", "false", "false", true],
    ["async", "TRUE", '"TRUE"', false],
    ["async", "1", "1", false],
    ["async", "", '""', false],
    ["async", "null", '"null"', false],
    ["async", "true\0", '"true\\u0000"', false],
    ["include_metadata", "False", '"False"', false],
    ["include_metadata", "0", "0", false],
    ["cache_ttl", "0", "0", true],
    ["cache_ttl", "-0", "-0", true],
    ["cache_ttl", "1e2", "1e2", true],
    ["cache_ttl", "5.0", "5.0", true],
    ["cache_ttl", "86400", "86400", true],
    ["cache_ttl", "86401", "86401", false],
    ["cache_ttl", "1e400", "1e400", false],
    ["cache_ttl", "-1e400", "-1e400", false],
    ["cache_ttl", "-1", "-1", false],
    ["cache_ttl", "0.5", "0.5", false],
    ["cache_ttl", "", '""', false],
    ["cache_ttl", "05", '"05"', false],
    ["cache_ttl", "+5", '"+5"', false],
    ["cache_ttl", " 5", '" 5"', false],
    ["cache_ttl", "5 ", '"5 "', false],
    ["cache_ttl", "0x10", '"0x10"', false],
    ["cache_ttl", "1_000", '"1_000"', false],
    ["cache_ttl", "٥", '"٥"', false],
    ["cache_ttl", "NaN", '"NaN"', false],
    ["cache_ttl", "Infinity", '"Infinity"', false],
    ["cache_ttl", "9".repeat(400), "9".repeat(400), false],
  ];
  const overRest = ([name, text]: (typeof VALUES)[number]) =>
    ask(`${COMPARISON}?${new URLSearchParams([[name, text]])}`);
  const overTrpc = ([name, , json]: (typeof VALUES)[number]) =>
    ask(`/trpc/pegComparison.get?input=${encodeURIComponent(`{"json":{"id":"${ID}","${name}":${json}}}`)}`);

  test.each([
    ["REST first", [overRest, overTrpc, overRest]],
    ["tRPC first", [overTrpc, overRest, overTrpc]],
  ] as const)(
    "get one verdict on both faces, before and after traffic of the other: %s",
    async (_, faces) => {
      for (const value of VALUES) {
        const verdicts: unknown[] = [];
        for (const face of faces) {
          const { status, error } = await face(value);
          verdicts.push([status, error?.code, error?.details]);
        }
        expect((verdicts[0] as unknown[])[0], value.join(" ")).toBe(value[3] ? 200 : 400);
        expect(verdicts, value.join(" ")).toEqual(Array(3).fill(verdicts[0]));
      }
    },
  );
});

test.each([".", ".."])("an analysis cannot have the id %j, which no address can name (R5)", async (id) => {
  const body = { ...GOOD["analysis.create"], id };
  await expectMistake(ask("/api/analysis/results", jsonBody(body)), "id");
  await expectMistake(ask("/trpc/analysis.create", jsonBody({ json: body })), "id");
  await expectMistake(ask(queryPath("analysis.byId", { id })), "id");
});

test.each([".", ".."])("nor can the user %j be given a permission (R5)", async (user_id) => {
  const input = { id: ID, user_id, permission_type: "read" };
  await expectMistake(ask("/trpc/permission.grant", jsonBody({ json: input })), "user_id");
});
