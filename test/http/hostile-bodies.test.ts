import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorBody } from "../../src/contract/errors.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend({ RATE_LIMIT_ALL: "100000/1m" });
  authorization = `Bearer ${await tokenFor("alice")}`;
});
afterAll(() => backend?.stop());

async function post(path: string, body: string) {
  const headers = { authorization, "content-type": "application/json" };
  const response = await fetch(`${backend.url}/trpc/${path}`, { method: "POST", headers, body });
  const text = await response.text();
  const answer = JSON.parse(text) as { error?: { json?: { data: { error: unknown } } } & object };
  return {
    status: response.status,
    text,
    error: errorBody.parse(answer.error?.json?.data.error ?? answer.error),
  };
}

const periods = '{"n1_start":"2024-01-01","n1_end":"2024-01-02","n_start":"2024-01-03","n_end":"2024-01-04"}';
const row = '{"kpi_name":"A","period":"N","avg":1,"cell_id":"C"}';

describe("a body that is large where none has to be", () => {
  test.each(["permission.revoke", "permission.grant", "analysis.delete"])(
    "is refused before it is read: %s",
    async (path) => {
      const { status, error } = await post(path, `{"json":{"id":"${"x".repeat(300_000)}"}}`);
      expect(status).toBe(413);
      expect(error.code).toBe("PAYLOAD_TOO_LARGE");
    },
  );

  test("of unknown fields is answered with few and short words", async () => {
    const fields = Array.from({ length: 20_000 }, (_, i) => `"f${i}":0`).join();
    const many = await post("permission.revoke", `{"json":{${fields}}}`);
    expect(many.status).toBe(400);
    expect(many.error.details?.length).toBeLessThanOrEqual(100);
    const long = await post("permission.revoke", `{"json":{"${"y".repeat(100_000)}":0}}`);
    expect(long.text.length).toBeLessThan(5000);
  });

  test.each([
    [
      "definitions",
      `{"peg_definitions":{${Array.from({ length: 300_000 }, (_, i) => `"a${i}":{}`).join()}}}`,
    ],
    ["values in one definition", `{"peg_definitions":{"A":{"x":[${"1,".repeat(300_000)}1]}}}`],
    ["depth", `{"peg_definitions":{"A":{"x":${"[".repeat(250_000)}${"]".repeat(250_000)}}}}`],
  ])("of too many %s is refused by its size alone", async (_, definitions) => {
    const { status, error } = await post(
      "analysis.create",
      `{"json":{"stats":[${row}],"request_params":${definitions},"period_info":${periods}}}`,
    );
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: "API_VALIDATION_ERROR", details: [{ path: "request_params" }] });
  });

  test("of too many rows is refused before any is looked at", async () => {
    const rows = "1,".repeat(500_001);
    const { status, error } = await post(
      "analysis.create",
      `{"json":{"stats":[${rows}1],"request_params":{},"period_info":${periods}}}`,
    );
    expect(status).toBe(400);
    expect(error.details).toEqual([{ path: "stats", message: "must hold at most 500000 rows" }]);
  });
});

describe("an input that no database can hold is a mistake of its sender", () => {
  const get = async (path: string, input: object) => {
    const query = encodeURIComponent(JSON.stringify({ json: input }));
    const response = await fetch(`${backend.url}/trpc/${path}?input=${query}`, {
      headers: { authorization },
    });
    return response.status;
  };

  test.each([
    { name: "a\u0000b" },
    { name: "\ud800" },
    { created_from: "0000-01-01" },
    { created_to: "9999-12-31T23:59:59-12:00" },
  ])("in a list: %j", async (input) => {
    expect(await get("analysis.list", input)).toBe(400);
  });

  test.each([
    { name: "a\u0000b" },
    { request_params: { peg_definitions: { A: { note: "\u0000" } } } },
    { request_params: { peg_definitions: { A: { note: "\udc00" } } } },
    {
      period_info: {
        n1_start: "0000-01-01",
        n1_end: "2024-01-01",
        n_start: "2024-01-02",
        n_end: "2024-01-03",
      },
    },
    { stats: [{ kpi_name: "A\u0000", period: "N", avg: 1, cell_id: "C" }] },
    { stats: [{ kpi_name: "A", period: "N", avg: 1, cell_id: "\ud800" }] },
  ])("in an analysis: %j", async (part) => {
    const { status, error } = await post(
      "analysis.create",
      JSON.stringify({ json: { ...sampleAnalysis(), ...part } }),
    );
    expect([status, error.code]).toEqual([400, "API_VALIDATION_ERROR"]);
  });
});
