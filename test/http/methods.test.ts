import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REST_ROUTES } from "../../src/http/rest/routes.js";
import { appRouter } from "../../src/trpc/app-router.js";
import { procedureType } from "../../src/trpc/call-procedure.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, PLENTY, queryPath, readAnswer } from "../support/faces.js";

const ID = "methods";
const OTHERS = ["PUT", "DELETE", "PATCH", "QUERY", "OPTIONS", "PROPFIND"];

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: ID }));
});
afterAll(() => backend?.stop());

async function ask(path: string, method: string, init: RequestInit = {}) {
  const headers = { ...(init.headers as Record<string, string> | undefined), authorization };
  return readAnswer(await fetch(`${backend.url}${path}`, { ...init, method, headers }));
}

async function expectRefused(answer: ReturnType<typeof ask>, allow: string) {
  const { status, error, headers } = await answer;
  expect([status, error?.code, headers.get("allow")]).toEqual([405, "API_VALIDATION_ERROR", allow]);
}

describe("a method that is not the one of a procedure is 405, says which is, and does nothing (T7, T10)", () => {
  afterAll(async () => {
    const alice = await backend.clientOf("alice");
    expect((await alice.analysis.list.query({})).items.map(({ id }) => id)).toEqual([ID]);
    expect((await alice.permission.list.query({ id: ID })).permissions).toHaveLength(1);
  });

  const procedures = Object.keys(appRouter._def.procedures as object);
  test.each(procedures)("over tRPC: %s", async (procedure) => {
    const input = { id: ID, user_id: "eve", permission_type: "read" };
    // Also where a method is said to be meant that is not sent.
    const override = { "x-http-method-override": "POST", "x-http-method": "POST" };
    if (procedureType(procedure) === "mutation")
      await expectRefused(ask(queryPath(procedure, input), "GET", { headers: override }), "POST");
    else if (procedureType(procedure) === "query")
      await expectRefused(ask(`/trpc/${procedure}`, "POST", jsonBody({ json: input })), "GET");
    for (const method of OTHERS) await expectRefused(ask(`/trpc/${procedure}`, method), "GET, HEAD, POST");
  });

  const paths = [...new Set(REST_ROUTES.map(({ path }) => path))];
  test.each(paths)("over REST: %s", async (template) => {
    const routes = REST_ROUTES.filter(({ path }) => path === template).map(({ method }) => method as string);
    const allow = routes.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    const path = template.replace("{id}", ID).replace("{user_id}", "eve");
    const override = { "x-http-method-override": "DELETE", "x-http-method": "DELETE" };
    for (const method of ["GET", "POST", ...OTHERS].filter((one) => !allow.includes(one)))
      await expectRefused(ask(path, method, { headers: override }), allow.join(", "));
    if (!allow.includes("HEAD")) expect((await ask(path, "HEAD")).status).toBe(405);
  });
});
