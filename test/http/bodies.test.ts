import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPegError } from "../../src/client/index.js";
import { errorBody } from "../../src/contract/errors.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, openBody, PLENTY, readAnswer } from "../support/faces.js";
import { openSocket, readToEnd, sendRaw } from "../support/raw-request.js";

const ID = "bodies";
const MIB = 1024 * 1024;

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: ID }));
});
afterAll(() => backend?.stop());

async function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization, ...(init.headers as Record<string, string> | undefined) };
  return readAnswer(await fetch(`${backend.url}${path}`, { ...init, headers }));
}

/** Every mutation, over each face that reads a body of it, with one that would do something. */
const grant = { user_id: "bob", permission_type: "read" };
const analysis = () => JSON.parse(JSON.stringify(sampleAnalysis())) as Record<string, unknown>;
const rest = `/api/analysis/results/${ID}`;
const MUTATIONS: [name: string, method: string, path: string, body: () => unknown][] = [
  ["create", "POST", "/trpc/analysis.create", () => ({ json: { ...analysis(), id: "from-a-form" } })],
  ["create", "POST", "/api/analysis/results", () => ({ ...analysis(), id: "from-a-form" })],
  [
    "replaceData",
    "POST",
    "/trpc/analysis.replaceData",
    () => ({ json: { ...analysis(), id: ID, data_version: 1 } }),
  ],
  ["replaceData", "PUT", `${rest}/data`, () => ({ ...analysis(), data_version: 1 })],
  ["delete", "POST", "/trpc/analysis.delete", () => ({ json: { id: ID } })],
  ["recompute", "POST", "/trpc/pegComparison.recompute", () => ({ json: { id: ID } })],
  ["recompute", "POST", `${rest}/peg-comparison/recompute`, () => ({})],
  ["grant", "POST", "/trpc/permission.grant", () => ({ json: { id: ID, ...grant } })],
  ["grant", "PUT", `${rest}/permissions/bob`, () => ({ permission_type: "read" })],
  ["revoke", "POST", "/trpc/permission.revoke", () => ({ json: { id: ID, ...grant } })],
];

/** What a caller can see of all that a mutation could change. */
async function state() {
  const [list, permissions, status] = await Promise.all([
    ask("/api/analysis/results"),
    ask(`${rest}/permissions`),
    ask(`${rest}/peg-comparison/status`),
  ]);
  return [list.text, permissions.text, status.error?.code ?? "a task"];
}

describe("a body that is not JSON reaches no mutation (trap 2, T8)", () => {
  const TYPES = [
    "text/plain",
    "text/plain;charset=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/octet-stream",
    "application/jsonfoo",
    "application/json,text/plain",
    "application/json\tx",
    "text/json",
    undefined,
  ];

  test.each(MUTATIONS)("%s by %s %s", async (_, method, path, body) => {
    const before = await state();
    for (const type of TYPES) {
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      // A Blob without a type goes without a content type.
      const answer = await ask(path, { method, headers, body: new Blob([JSON.stringify(body())]) });
      expect([type, answer.status, answer.error?.code]).toEqual([type, 415, "API_VALIDATION_ERROR"]);
    }
    expect(await state()).toEqual(before);
  });
});

describe("a body of JSON is read in full, however its type is written (trap 5, R7)", () => {
  test.each([
    "application/json",
    "APPLICATION/JSON",
    "application/json;",
    "application/json ; charset=utf-8",
    "application/json\t; charset=utf-8",
    'application/json; charset="UTF-8"',
    " application/json",
  ])("%j", async (type) => {
    const send = async (line: string, body: string) => {
      const head = `Host: x\r\nAuthorization: ${authorization}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}`;
      const answer = await sendRaw(
        backend.url,
        `${line} HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n${body}`,
      );
      return [answer.status, (openBody(answer.body).data as { permission_type: string }).permission_type];
    };
    expect(await send("POST /trpc/permission.grant", JSON.stringify({ json: { id: ID, ...grant } }))).toEqual(
      [200, "read"],
    );
    expect(await send(`PUT ${rest}/permissions/bob`, '{"permission_type":"write"}')).toEqual([200, "write"]);
  });

  test.each([
    ["REST, a DELETE", () => `DELETE ${rest}/permissions/bob?permission_type=read`],
    ["REST, a GET", () => `GET ${rest}`],
    ["tRPC, a GET", () => `GET /trpc/analysis.byId?input=${encodeURIComponent(`{"json":{"id":"${ID}"}}`)}`],
  ])("is refused where it would not be read: %s (R3, R7)", async (_, line) => {
    const head = `Host: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json`;
    for (const body of [
      "Content-Length: 27\r\n\r\n" + '{"permission_type":"admin"}',
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ]) {
      const answer = await sendRaw(backend.url, `${line()} HTTP/1.1\r\n${head}\r\n${body}`);
      expect([answer.status, openBody(answer.body).error?.code]).toEqual([400, "API_VALIDATION_ERROR"]);
    }
  });
});

describe("a body that is too long (T14)", () => {
  const start = (line: string, more: string, token = authorization) =>
    `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  test.each([
    ["tRPC", "POST /trpc/permission.grant", 20 * MIB],
    ["REST", `PUT ${rest}/permissions/bob`, 20 * MIB],
    ["tRPC, raw data", "POST /trpc/analysis.create", 65 * MIB],
    ["REST, raw data", "POST /api/analysis/results", 65 * MIB],
    ["tRPC, raw data in a batch", "POST /trpc/analysis.create,analysis.create?batch=1", 20 * MIB],
  ])("is refused by its length before any of it has come: %s", async (_, line, bytes) => {
    const answer = await sendRaw(backend.url, start(line, `Content-Length: ${bytes}`));
    expect(answer).toMatchObject({ status: 413, closed: true });
    expect(openBody(answer.body).error?.code).toBe("PAYLOAD_TOO_LARGE");
  });

  /** Sends a body without a length, chunk by chunk, until there is an answer. */
  async function sendChunks(line: string, token: string) {
    const socket = await openSocket(backend.url);
    const answer = readToEnd(socket);
    let answered = false;
    socket.once("data", () => {
      answered = true;
    });
    socket.write(start(line, "Transfer-Encoding: chunked", token));
    const chunk = `${(64 * 1024).toString(16)}\r\n${" ".repeat(64 * 1024)}\r\n`;
    let sent = 0;
    while (!answered && !socket.destroyed && sent < 20 * MIB) {
      sent += 64 * 1024;
      if (socket.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
      else await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
    }
    socket.destroySoon();
    return { sent, ...(await answer) };
  }

  test.each([
    ["tRPC", "POST /trpc/permission.grant"],
    ["REST", `PUT ${rest}/permissions/bob`],
  ])("is refused while it comes where it has no length: %s", async (_, line) => {
    const answer = await sendChunks(line, authorization);
    expect(answer.status).toBe(413);
    expect(errorBody.parse(openBody(answer.body).error).code).toBe("PAYLOAD_TOO_LARGE");
    expect(answer.sent).toBeLessThan(5 * MIB);
  });

  test.each([
    ["tRPC", "POST /trpc/analysis.create"],
    ["REST", "POST /api/analysis/results"],
  ])("is not waited for, nor kept, where the token is refused: %s", async (_, line) => {
    const answer = await sendChunks(line, "Bearer a.b.c");
    expect(answer.status).toBe(401);
    expect(answer.sent).toBeLessThan(5 * MIB);
  });

  test("is one that has come as it should where it is short enough, without a length", async () => {
    for (const [line, body] of [
      ["POST /trpc/permission.grant", JSON.stringify({ json: { id: ID, ...grant } })],
      [`PUT ${rest}/permissions/bob`, '{"permission_type":"read"}'],
    ] as const) {
      const text = `${start(line, "Connection: close\r\nTransfer-Encoding: chunked")}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      const answer = await sendRaw(backend.url, text);
      expect([answer.status, openBody(answer.body).error]).toEqual([200, undefined]);
    }
  });
});

describe("a body that is hard to read (T15, T16)", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const digits = "9".repeat(900_000);
  const annotations = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [`stats.${i}.cell_id`, ["Date"]]),
  );
  const HARD: [string, string, string | undefined][] = [
    ["a list 200,000 deep", `{"json":${deep}}`, deep],
    ["a list 200,000 deep, annotated", `{"json":${deep},"meta":{"values":{"a":["Date"]}}}`, undefined],
    [
      "a list 100,000 deep in a definition",
      `{"json":{"request_params":{"peg_definitions":{"A":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}}}`,
      `{"request_params":{"peg_definitions":{"A":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}}`,
    ],
    ["a number of 900,000 digits", `{"json":{"name":${digits}}}`, `{"name":${digits}}`],
    [
      "a bigint of 900,000 digits",
      `{"json":{"name":"${digits}"},"meta":{"values":{"name":["bigint"]}}}`,
      undefined,
    ],
    ["20,000 annotations", JSON.stringify({ json: {}, meta: { values: annotations } }), undefined],
    ["a RegExp", '{"json":{"name":"/(a+)+$/"},"meta":{"values":{"name":["regexp"]}}}', undefined],
    ["an Error", '{"json":{"name":{"message":"x"}},"meta":{"values":{"name":["Error"]}}}', undefined],
    ["a Set", '{"json":{"name":[]},"meta":{"values":{"name":["set"]}}}', undefined],
    ["a Map", '{"json":{"name":[]},"meta":{"values":{"name":["map"]}}}', undefined],
    ["a URL", '{"json":{"name":"http://x"},"meta":{"values":{"name":["URL"]}}}', undefined],
    [
      "keys of prototypes",
      '{"json":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
      '{"__proto__":{"polluted":1}}',
    ],
    ["a path into a prototype", '{"json":{},"meta":{"values":{"__proto__.polluted":["Date"]}}}', undefined],
    [
      "references into a prototype",
      '{"json":{"name":"x"},"meta":{"referentialEqualities":{"name":["__proto__.polluted"]}}}',
      undefined,
    ],
  ];

  test.each(HARD)("is refused at once: %s", async (_, overTrpc, overRest) => {
    const bodies: [string, string][] = [["/trpc/analysis.create", overTrpc]];
    if (overRest !== undefined) bodies.push(["/api/analysis/results", overRest]);
    /** What some work takes at least of the processor, ms. */
    const cost = async (work: () => unknown): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        const before = process.cpuUsage();
        await work();
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1000);
      }
      return Math.min(...times);
    };
    for (const [path, body] of bodies) {
      const refused = (sent: string) => async () => {
        const { status, error, text } = await ask(path, { ...jsonBody({}), body: sent });
        expect([status, error?.code]).toEqual([400, "API_VALIDATION_ERROR"]);
        expect(text).not.toMatch(/call stack|Cannot |prototype of/);
      };
      // To receive as much, which is refused at its first character, and to read the JSON, which nobody can do without.
      const needed = (await cost(refused("x".repeat(body.length)))) + (await cost(() => JSON.parse(body)));
      const all = await cost(refused(body));
      expect(all - needed).toBeLessThan(20);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test("what is refused before tRPC is an error that its client knows", async () => {
  const bob = await backend.clientOf("bob");
  const long = { id: ID, user_id: "x".repeat(300_000), permission_type: "read" as const };
  const error = await bob.permission.grant.mutate(long).catch((caught: unknown) => caught);
  expect(isPegError(error, "PAYLOAD_TOO_LARGE")).toBe(true);
});
