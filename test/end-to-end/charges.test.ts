import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, jsonBody, PLENTY, queryPath } from "../support/faces.js";

const ID = "charged";
const REST = `/api/analysis/results/${ID}`;

let service: TestAnalysisService;
let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({ ...PLENTY, MCP_URL: service.url, MCP_RETRIES: "0" });
  authorization = `Bearer ${await tokenFor("alice", { scope: "peg:admin" })}`;
  const owner = await backend.clientOf("alice");
  await owner.analysis.create.mutate(sampleAnalysis({ id: ID }));
  await owner.analysis.create.mutate(sampleAnalysis({ id: "uncomputed" }));
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

function ask(path: string, init: RequestInit = {}) {
  return fetch(`${backend.url}${path}`, { ...init, headers: { authorization, ...(init.headers as object) } });
}

/** How many calls the hour holds of the user, told by a call that costs one itself. */
async function used(): Promise<number> {
  const response = await ask("/api/analysis/results?limit=1");
  await response.text();
  const left = /"all";r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1];
  return 100_000 - Number(left);
}

const failing = () => service.misbehaveAlways((response) => response.writeHead(500).end());
const grant = { user_id: "bob", permission_type: "nothing" };

test.each<[what: string, status: number, cost: number, call: () => Promise<Response>]>([
  ["a computed answer", 200, 1, () => ask(`${REST}/peg-comparison`)],
  ["a cached answer", 200, 1, () => ask(`${REST}/peg-comparison`)],
  ["nothing new", 304, 1, () => ask(`${REST}/peg-comparison`, { headers: { "if-none-match": "*" } })],
  ["HEAD over REST", 200, 1, () => ask(REST, { method: "HEAD" })],
  ["HEAD over tRPC, which calls nothing", 204, 0, () => ask("/trpc/analysis.list", { method: "HEAD" })],
  ["an input that does not fit", 400, 1, () => ask(`${REST}?x=1`)],
  ["a body that does not fit", 400, 1, () => ask("/trpc/permission.grant", jsonBody({ json: grant }))],
  ["what is absent", 404, 1, () => ask("/api/analysis/results/absent")],
  ["a fault behind it", 502, 1, () => ask("/api/analysis/results/uncomputed/peg-comparison")],
  ["a batch of three", 200, 3, () => ask(batchPath(Array(3).fill(["analysis.list", {}])))],
  [
    "a batch that fails in part",
    207,
    2,
    () =>
      ask(
        batchPath([
          ["analysis.list", {}],
          ["analysis.byId", {}],
        ]),
      ),
  ],
  ["a batch that is too large", 400, 0, () => ask(batchPath(Array(21).fill(["analysis.list", {}])))],
  ["an unknown procedure", 404, 0, () => ask(queryPath("analysis.nothing", {}))],
  ["an unknown address", 404, 0, () => ask("/api/nothing")],
  ["a method that is not taken", 405, 0, () => ask(REST, { method: "PATCH" })],
  ["a body of another type", 415, 0, () => ask("/trpc/analysis.create", { method: "POST", body: "x" })],
  ["a token that is refused", 401, 0, () => ask(REST, { headers: { authorization: "Bearer a.b.c" } })],
])("L15: %s (%i) is charged %i", async (what, status, cost, call) => {
  if (what === "a fault behind it") failing();
  const before = await used();
  const response = await call();
  await response.text();
  service.behave();
  expect(response.status).toBe(status);
  expect((await used()) - before - 1).toBe(cost);
});
