import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { openBody, PLENTY } from "../support/faces.js";
import { openSocket, readToEnd, sendRaw } from "../support/raw-request.js";

let backend: TestBackend;
let head: string;

beforeAll(async () => {
  backend = await startBackend(PLENTY);
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "raw" }));
  head = `Host: x\r\nAuthorization: Bearer ${await tokenFor("alice")}\r\n`;
});
afterAll(() => backend?.stop());

async function expectAlive() {
  expect((await fetch(`${backend.url}/healthz`)).status).toBe(200);
}

const post = (rest: string) =>
  `POST /trpc/analysis.delete HTTP/1.1\r\n${head}Content-Type: application/json\r\n${rest}`;
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

describe("what is not HTTP is refused, the connection closed, and the process lives (trap 4, R6)", () => {
  test.each<[string, () => string]>([
    ["OPTIONS *", () => `OPTIONS * HTTP/1.1\r\n${head}\r\n`],
    ["an absolute form that is no URL", () => `GET http://[bad HTTP/1.1\r\n${head}\r\n`],
    ["an absolute form of another scheme", () => `GET ftp://x/healthz HTTP/1.1\r\n${head}\r\n`],
    ["no authority", () => `GET http:///// HTTP/1.1\r\n${head}\r\n`],
    ["a backslash in the path", () => `GET /api\\analysis/results HTTP/1.1\r\n${head}\r\n`],
    ["a NUL in the path", () => `GET /api/analysis/results/a\0b HTTP/1.1\r\n${head}\r\n`],
    ["bytes beyond ASCII in the path", () => `GET /api/analysis/results/\xc0\xae HTTP/1.1\r\n${head}\r\n`],
    ["no Host", () => "GET /healthz HTTP/1.1\r\n\r\n"],
    ["an empty Host", () => "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n"],
    ["two Hosts", () => "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    ["the same Host twice", () => "GET /healthz HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n"],
    ["a Host with a path", () => "GET /healthz HTTP/1.1\r\nHost: a@b/trpc/\r\n\r\n"],
    ["a Host of brackets", () => "GET /trpc/pegComparison.get HTTP/1.1\r\nHost: ]bad[\r\n\r\n"],
    ["HTTP/1.0 without a Host", () => "GET /healthz HTTP/1.0\r\n\r\n"],
    ["HTTP/2's preface", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["TLS", () => "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"],
    ["garbage", () => "GARBAGE\r\n\r\n"],
    ["a method that there is not", () => `BREW /healthz HTTP/1.1\r\n${head}\r\n`],
    ["a method in lower case", () => `get /healthz HTTP/1.1\r\n${head}\r\n`],
    ["bare LF", () => "GET /healthz HTTP/1.1\nHost: x\n\n"],
    ["one bare LF", () => "GET /healthz HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n"],
    ["a bare CR in a value", () => `GET /healthz HTTP/1.1\r\n${head}X-A: b\rX-B: c\r\n\r\n`],
    ["a NUL in a value", () => `GET /healthz HTTP/1.1\r\n${head}X-A: b\0c\r\n\r\n`],
    ["a folded value", () => `GET /healthz HTTP/1.1\r\n${head}X-A: b\r\n c\r\n\r\n`],
    ["a space before a colon", () => post("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")],
    ["two lengths", () => post("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")],
    ["two lengths that agree", () => post("Content-Length: 2, 2\r\n\r\n{}")],
    ["a length and chunks", () => post(`Content-Length: 5\r\n${CHUNKED}0\r\n\r\n`)],
    ["chunks and a length", () => post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")],
    ["a negative length", () => post("Content-Length: -1\r\n\r\n")],
    ["a signed length", () => post("Content-Length: +2\r\n\r\n{}")],
    ["a length in hexadecimal", () => post("Content-Length: 0x2\r\n\r\n{}")],
    ["an unknown coding", () => post("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")],
    [
      "chunks that are not the last coding",
      () => post("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ],
    ["a negative chunk", () => post(`${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`)],
    ["a chunk longer than any", () => post(`${CHUNKED}fffffffffffffffff\r\nhello\r\n0\r\n\r\n`)],
    ["a bare LF after a chunk's length", () => post(`${CHUNKED}5\nhello\r\n0\r\n\r\n`)],
    ["a bare LF in a chunk's extension", () => post(`${CHUNKED}5;a="b\nc"\r\nhello\r\n0\r\n\r\n`)],
  ])("%s", async (_, text) => {
    const answer = await sendRaw(backend.url, text());
    expect(answer).toMatchObject({ status: 400, closed: true });
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    await expectAlive();
  });

  test("a request smuggled behind one of two lengths is not answered (R6)", async () => {
    const smuggled = `GET /api/analysis/results/raw HTTP/1.1\r\n${head}\r\n`;
    for (const rest of [
      `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `Content-Length: 4\r\n${CHUNKED}0\r\n\r\n${smuggled}`,
    ]) {
      const answer = await sendRaw(backend.url, post(rest));
      expect(answer).toMatchObject({ status: 400, closed: true });
      expect(answer.text).not.toContain("200 OK");
    }
  });

  test("TRACE is 405 and says nothing of what was sent, CONNECT and TRACK are closed (R6, T7)", async () => {
    for (const path of ["/trpc/pegComparison.get", "/api/analysis/results"]) {
      const answer = await sendRaw(
        backend.url,
        `TRACE ${path} HTTP/1.1\r\n${head}X-Canary: c4711\r\nConnection: close\r\n\r\n`,
      );
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toContain("GET");
      expect(answer.text).not.toMatch(/c4711|Bearer/);
    }
    expect(await sendRaw(backend.url, `CONNECT x:80 HTTP/1.1\r\n${head}\r\n`)).toMatchObject({
      text: "",
      closed: true,
    });
    expect(await sendRaw(backend.url, `TRACK / HTTP/1.1\r\n${head}\r\n`)).toMatchObject({
      status: 400,
      closed: true,
    });
    await expectAlive();
  });

  test("an expectation that is not 100-continue is 417 (R6)", async () => {
    const answer = await sendRaw(
      backend.url,
      post("Expect: 200-maybe\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"),
    );
    expect(answer.status).toBe(417);
  });
});

test.each(["//", "/trpc/pegComparison.get?input=%ff%fe", "/api/analysis/results/%ff%fe"])(
  "GET %s is a mistake of its sender (R6)",
  async (path) => {
    const { status, body } = await sendRaw(
      backend.url,
      `GET ${path} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(status);
    expect(openBody(body).error?.code).toBe("API_VALIDATION_ERROR");
  },
);

test("what never reaches the app is answered with the security headers too (R11)", async () => {
  const { headers } = await sendRaw(backend.url, `OPTIONS * HTTP/1.1\r\n${head}\r\n`);
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-store",
  });
});

describe("what is too long", () => {
  test.each<[string, () => string]>([
    ["a value", () => `GET /healthz HTTP/1.1\r\n${head}X-A: ${"a".repeat(17_000)}\r\n\r\n`],
    ["many values", () => `GET /healthz HTTP/1.1\r\n${head}${"X-A: aaaaaaaa\r\n".repeat(1_500)}\r\n`],
    [
      "the address of tRPC (T24)",
      () => `GET /trpc/pegComparison.get?input=${"a".repeat(17_000)} HTTP/1.1\r\n${head}\r\n`,
    ],
    [
      "the address of REST (T24)",
      () => `GET /api/analysis/results/${"a".repeat(17_000)} HTTP/1.1\r\n${head}\r\n`,
    ],
  ])("is 431, and the connection closed: %s (R6)", async (_, text) => {
    expect(await sendRaw(backend.url, text())).toMatchObject({ status: 431, closed: true });
    await expectAlive();
  });
});

describe("connections", () => {
  test("carry one request after the other, and none of them learns of the one before", async () => {
    const socket = await openSocket(backend.url);
    const answer = readToEnd(socket);
    socket.write(`GET /api/analysis/results/raw HTTP/1.1\r\n${head}\r\n`);
    socket.write("GET /api/analysis/results/raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const { text } = await answer;
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 401"]);
  });

  test("cut in the middle of a body leave nothing behind (R6)", async () => {
    for (const rest of ["Content-Length: 100\r\n\r\n{", `${CHUNKED}5\r\nhel`]) {
      const socket = await openSocket(backend.url);
      socket.write(post(rest));
      await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    await expectAlive();
    expect(
      (
        await fetch(`${backend.url}/api/analysis/results/raw`, {
          headers: { authorization: `Bearer ${await tokenFor("alice")}` },
        })
      ).status,
    ).toBe(200);
  });
});
