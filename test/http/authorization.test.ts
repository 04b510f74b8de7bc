import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { openBody, PLENTY, queryPath, withoutTrace } from "../support/faces.js";
import { sendRaw } from "../support/raw-request.js";

const ID = "grammar";
const ADDRESSES: [string, string][] = [
  ["REST", `/api/analysis/results/${ID}`],
  ["REST, by the short road", `/api/analysis/results/${ID}/peg-comparison`],
  ["tRPC", queryPath("analysis.byId", { id: ID })],
  ["tRPC, by the short road", queryPath("pegComparison.get", { id: ID })],
];

let backend: TestBackend;
let token: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  token = await tokenFor("alice");
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: ID }));
});
afterAll(() => backend?.stop());

function ask(path: string, ...lines: string[]) {
  const head = ["Host: x", "Connection: close", ...lines].join("\r\n");
  return sendRaw(backend.url, `GET ${path} HTTP/1.1\r\n${head}\r\n\r\n`);
}

describe.each(ADDRESSES)("%s: a token comes in one way (J17)", (_, path) => {
  test.each([
    "Authorization: Bearer",
    "authorization: bearer",
    "AUTHORIZATION: BEARER",
    "Authorization:Bearer",
  ])("as %s TOKEN", async (start) => {
    expect((await ask(path, `${start} ${token}`)).status).toBe(200);
  });

  test("and in no other: all are answered alike", async () => {
    const refused: [string, ...string[]][] = [
      ["none"],
      ["two spaces", `Authorization: Bearer  ${token}`],
      ["a tab", `Authorization: Bearer\t${token}`],
      ["no space", `Authorization: Bearer${token}`],
      ["no scheme", `Authorization: ${token}`],
      ["another scheme", `Authorization: Basic ${Buffer.from(`alice:${token}`).toString("base64")}`],
      ["a scheme like it", `Authorization: Token ${token}`],
      ["more behind it", `Authorization: Bearer ${token} x`],
      ["a list", `Authorization: Bearer ${token}, Bearer ${token}`],
      ["quotes", `Authorization: Bearer "${token}"`],
      ["the header twice", `Authorization: Bearer ${token}`, "Authorization: Bearer a.b.c"],
      ["the header twice, the other way", "Authorization: Bearer a.b.c", `Authorization: Bearer ${token}`],
      ["another header", `X-Authorization: Bearer ${token}`],
      ["the header of proxies", `Proxy-Authorization: Bearer ${token}`],
      ["a cookie", `Cookie: token=${token}; access_token=${token}; Authorization=Bearer ${token}`],
    ];
    const answers = new Set<string>();
    for (const [what, ...lines] of refused) {
      const { status, body } = await ask(path, ...lines);
      const text = body.includes("\r\n") ? (body.split("\r\n")[1] ?? "") : body;
      expect([what, status, openBody(text).error?.code]).toEqual([what, 401, "API_AUTHENTICATION_ERROR"]);
      answers.add(withoutTrace(text));
    }
    expect(answers.size).toBe(1);
  });

  test.each(["token", "access_token", "authorization", "bearer", "connectionParams"])(
    "not as %s in the address",
    async (name) => {
      const { status } = await ask(`${path}${path.includes("?") ? "&" : "?"}${name}=${token}`);
      expect([400, 401]).toContain(status);
    },
  );
});
