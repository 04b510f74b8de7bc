import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, openBody, PLENTY, queryPath, readAnswer, withoutTrace } from "../support/faces.js";
import { sendRaw } from "../support/raw-request.js";

const CANARY = "canary-4711";
const ID = "place";

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice")}`;
  const alice = await backend.clientOf("alice");
  await alice.analysis.create.mutate(sampleAnalysis({ id: ID }));
  await alice.pegComparison.get.query({ id: ID });
});
afterAll(() => backend?.stop());

/** As it stands: fetch would tidy the address up. */
async function get(path: string, method = "GET", more = "") {
  const head = `Host: x\r\nAuthorization: ${authorization}\r\n${more}Connection: close`;
  const { status, headers, body } = await sendRaw(
    backend.url,
    `${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n`,
  );
  return { status, headers, ...openBody(method === "HEAD" || status === 204 ? "" : body) };
}

const input = encodeURIComponent(JSON.stringify({ json: { id: ID } }));
const api = "/api/analysis/results";

describe("an address has one spelling, or escapes that say the same (R5)", () => {
  test.each([
    [`${api}/${ID}`],
    [`${api}/%70lace`],
    ["/%61pi/analysis/results/place"],
    [`${api}/x/../${ID}`],
    [`/trpc/analysis.byId?input=${input}`],
    [`/trpc/analysis%2EbyId?input=${input}`],
    [`/trpc/x/../analysis.byId?input=${input}`],
  ])("%s is answered", async (path) => {
    expect(await get(path)).toMatchObject({ status: 200, data: { id: ID } });
  });

  test.each([
    [`${api}/${ID}/`, 404],
    [`${api}//${ID}`, 404],
    [`/${api}/${ID}`, 404],
    [`${api}/${ID}/..;/`, 404],
    [`${api}/..;/${ID}`, 404],
    [`${api}/${ID}/PEG-comparison`, 404],
    ["/API/analysis/results", 404],
    [`${api}/.`, 404],
    [`${api}/%2e`, 404],
    [`${api}/%2E%2E/results/`, 404],
    [`${api}/%252e%252e`, 400],
    [`${api}/%2F`, 400],
    [`${api}/${ID}%2Fpeg-comparison`, 400],
    [`${api}/${ID}%00`, 400],
    [`${api}/${ID};x=1`, 400],
    [`${api}/${ID}%3Fx=1`, 400],
    [`${api}/${ID}%0d%0aX-A:%20b`, 400],
    [`${api}/%c0%ae%c0%ae`, 404],
    [`${api}/%E0%A4%A`, 404],
    [`${api}/%`, 404],
    [`${api}/PLACE`, 403],
    [`/trpc/analysis.byId/?input=${input}`, 404],
    [`/trpc//analysis.byId?input=${input}`, 404],
    [`/TRPC/analysis.byId?input=${input}`, 404],
    [`/%74rpc/analysis.byId?input=${input}`, 404],
    [`/trpc/..;/trpc/analysis.byId?input=${input}`, 404],
    [`/trpc/analysis.byid?input=${input}`, 404],
    [`/trpc/analysis/byId?input=${input}`, 404],
    [`/trpc/analysis.byId%00?input=${input}`, 404],
    [`/trpc/analysis.byId%2F?input=${input}`, 404],
    [`/trpc/%61nalysis%252EbyId?input=${input}`, 404],
    [`/trpc/%c0%ae?input=${input}`, 404],
    [`/trpc/%E0%A4%A?input=${input}`, 404],
  ])("%s is %i", async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.error?.code).toBe(status === 403 ? "PERMISSION_DENIED" : "API_VALIDATION_ERROR");
  });
});

describe("what is unknown gets one answer, which repeats nothing (T13)", () => {
  const NAMES = [
    "__proto__",
    "constructor",
    "toString",
    "q%00",
    "Q",
    CANARY,
    "pegComparison",
    "pegComparison.GET",
    "%61",
    "a%2Fb",
  ];

  test("procedures, alone and in a batch", async () => {
    const alone = await Promise.all(NAMES.map((name) => get(`/trpc/${name}?input=${input}`)));
    expect(new Set(alone.map(({ status, text }) => `${status} ${withoutTrace(text)}`)).size).toBe(1);
    expect(alone[0]?.status).toBe(404);
    const batches = await Promise.all(
      NAMES.map((name) => fetch(`${backend.url}${batchPath([[name, {}]])}`, { headers: { authorization } })),
    );
    const texts = await Promise.all(batches.map((response) => response.text()));
    expect(new Set(texts.map(withoutTrace)).size).toBe(1);
    expect(`${alone.map(({ text }) => text)}${texts}`).not.toMatch(/canary|proto__|constructor/);
  });

  test("addresses, whatever is sent there", async () => {
    const paths = [
      ...NAMES.map((name) => `/${name}`),
      ...NAMES.map((name) => `/api/${name}`),
      "/trpcx",
      `/trpcx?${CANARY}`,
      `/assets/${CANARY}`,
      "/assets/..%2F..%2Fpackage.json",
      "/analysesx",
    ];
    const answers = await Promise.all(paths.map((path) => get(path)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${withoutTrace(text)}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    const posted = await fetch(`${backend.url}/${CANARY}`, { method: "POST", body: CANARY });
    expect(withoutTrace(await posted.text())).toBe(withoutTrace(answers[0]?.text ?? ""));
  });
});

describe("an analysis that one may not see is like one that is not there (R2)", () => {
  const CALLS: [string, (id: string) => [string, RequestInit?]][] = [
    ["tRPC", (id) => [queryPath("pegComparison.get", { id })]],
    ["REST", (id) => [`${api}/${id}/peg-comparison`]],
    ["REST, CSV", (id) => [`${api}/${id}/peg-comparison?format=csv`]],
    ["REST, the tag it has", (id) => [`${api}/${id}`, { headers: { "if-none-match": "*" } }]],
    ["REST, a stream", (id) => [`${api}/${id}/peg-comparison/events`]],
    ["REST, a task", (id) => [`${api}/${id}/peg-comparison/status`]],
    ["REST, HEAD", (id) => [`${api}/${id}`, { method: "HEAD" }]],
    ["REST, DELETE", (id) => [`${api}/${id}`, { method: "DELETE" }]],
    [
      "tRPC, a mutation",
      (id) => [
        "/trpc/analysis.delete",
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ json: { id } }),
        },
      ],
    ],
  ];

  test.each(CALLS)("in status, headers, body, and what it costs: %s", async (_, call) => {
    const token = await tokenFor("mallory");
    const outcome = async (id: string) => {
      const [path, init] = call(id);
      backend.queries.length = 0;
      const headers = { ...(init?.headers as object), authorization: `Bearer ${token}` };
      const answer = await readAnswer(await fetch(`${backend.url}${path}`, { ...init, headers }));
      const own = ["date", "x-request-id", "ratelimit"];
      const told = [...answer.headers].filter(([name]) => !own.includes(name));
      return { status: answer.status, told, text: withoutTrace(answer.text), queries: [...backend.queries] };
    };
    const absent = await outcome("plack");
    expect(absent.status).toBe(403);
    for (let i = 0; i < 2; i++) expect(await outcome(ID)).toEqual(absent);
  });
});

describe("HEAD", () => {
  const trpc = () => [queryPath("analysis.byId", { id: ID }), "/trpc/nothing", "/trpc/analysis.create"];

  test("on tRPC is 204, runs nothing, and tells nothing of a token (T26)", async () => {
    const { shared } = backend.runtime.services;
    const visits: unknown[] = [];
    const { visit } = shared;
    shared.visit = (request) => {
      visits.push(request);
      return visit.call(shared, request);
    };
    try {
      for (const path of trpc()) {
        for (const token of [authorization, "Bearer a.b.c", ""]) {
          backend.queries.length = 0;
          const response = await fetch(`${backend.url}${path}`, {
            method: "HEAD",
            headers: { authorization: token },
          });
          expect([response.status, response.headers.get("www-authenticate")]).toEqual([204, null]);
          expect(backend.queries).toEqual([]);
        }
      }
      expect(visits).toEqual([]);
    } finally {
      shared.visit = visit;
    }
  });

  test.each([
    `${api}/${ID}`,
    `${api}/${ID}/peg-comparison`,
    `${api}/${ID}/peg-comparison?format=csv`,
    api,
    `${api}/absent`,
    "/healthz",
    "/openapi.json",
  ])("on REST is GET without its body: %s (T26)", async (path) => {
    const ask = async (method: string) => {
      const response = await fetch(`${backend.url}${path}`, {
        method,
        headers: { authorization, "accept-encoding": "identity" },
      });
      const changing = ["date", "x-request-id", "ratelimit", "transfer-encoding", "connection", "keep-alive"];
      return {
        status: response.status,
        headers: [...response.headers].filter(([name]) => !changing.includes(name)),
        body: await response.text(),
      };
    };
    const [head, whole] = [await ask("HEAD"), await ask("GET")];
    expect(head.body).toBe("");
    expect(whole.body).not.toBe("");
    // How long it is, and that it might be compressed, is known where there is a body.
    const known = ({ headers }: typeof head) =>
      headers
        .map(([name, value]) => [name, value.replace(/, Accept-Encoding$/, "")])
        .filter(([name]) => name !== "content-length");
    expect({ ...head, body: "", headers: known(head) }).toEqual({
      ...whole,
      body: "",
      headers: known(whole),
    });
  });
});
