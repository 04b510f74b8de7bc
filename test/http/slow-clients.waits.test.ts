import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHttpServer, type HttpServer, TIMEOUTS } from "../../src/http/server.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";
import { openSocket, readToEnd } from "../support/raw-request.js";

const STRICT = { headersTimeout: 1_000, requestTimeout: 1_500, connectionsCheckingInterval: 100 };
/** What a machine of the tests may be late by: far less than the 30 s after which Node looks unless it is told. */
const SLACK_MS = 5_000;
const PATIENCE_MS = 20_000;

let backend: TestBackend;
/** The same app, with less patience. */
let server: HttpServer;
let strict: string;
let authorization: string;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  backend = await startBackend(PLENTY);
  server = createHttpServer(backend.runtime.app, STRICT);
  ({ url: strict } = await server.listen("127.0.0.1", 0));
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "slow" }));
});
afterAll(async () => {
  await server?.close(async () => undefined);
  await backend?.stop();
  process.off("unhandledRejection", onRejection);
});

/** Sends what the function gives, over and over, until the server has had enough. */
async function trickle(socket: Socket, everyMs: number, next: () => string) {
  const timer = setInterval(() => socket.writable && socket.write(next()), everyMs);
  try {
    return await readToEnd(socket, PATIENCE_MS);
  } finally {
    clearInterval(timer);
  }
}

describe.concurrent("whoever is slow is let go", () => {
  test.each([
    ["of less patience", () => strict, STRICT],
    ["as it is started", () => backend.url, TIMEOUTS],
  ])(
    "headers that never end are closed within the timeout and a second, by a server %s (R12)",
    async (_, url, timeouts) => {
      const silent = openSocket(url()).then((socket) => readToEnd(socket, PATIENCE_MS));
      const socket = await openSocket(url());
      socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
      const answer = await trickle(socket, 200, () => "X-A: b\r\n");
      expect(answer).toMatchObject({ status: 408, closed: true });
      expect(answer.ms).toBeLessThan(timeouts.headersTimeout + 1_000 + SLACK_MS);
      const { closed, ms } = await silent;
      expect(closed).toBe(true);
      expect(ms).toBeLessThan(timeouts.headersTimeout + 1_000 + SLACK_MS);
    },
  );

  test.each([
    ["tRPC", "POST /trpc/permission.grant"],
    ["REST", "PUT /api/analysis/results/slow/permissions/bob"],
    ["tRPC, of raw data", "POST /trpc/analysis.create"],
  ])("a body of a byte now and then is ended by the timeout: %s (R13)", async (_, line) => {
    const send = async (length: string) => {
      const socket = await openSocket(strict);
      socket.write(
        `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`,
      );
      const byte = length.startsWith("Content") ? " " : "1\r\n \r\n";
      const answer = await trickle(socket, 200, () => byte);
      expect(answer.closed).toBe(true);
      expect([0, 408]).toContain(answer.status);
      expect(answer.ms).toBeLessThan(STRICT.requestTimeout + SLACK_MS);
    };
    await Promise.all([send("Content-Length: 1000"), send("Transfer-Encoding: chunked")]);
  });

  test("a token that is refused is answered before the body has come (R13)", async () => {
    // By a server that would wait for the body far longer than this reader.
    const socket = await openSocket(backend.url);
    socket.write(
      "POST /trpc/analysis.create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const answer = await trickle(socket, 100, () => "1\r\n \r\n");
    expect(answer).toMatchObject({ status: 401, closed: true });
  });
});

test("headers may take ten seconds and a body five minutes, and each second it is looked who is late (R12, R13)", () => {
  expect(TIMEOUTS).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 300_000,
    connectionsCheckingInterval: 1_000,
  });
});

test("none of it leaves a rejection that nobody handles (R12, R13)", async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rejections).toEqual([]);
});
