import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHttpServer, type HttpServer } from "../../src/http/server.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";
import { openSocket, readToEnd } from "../support/raw-request.js";

const TIMEOUTS = { headersTimeout: 1_000, requestTimeout: 1_500, connectionsCheckingInterval: 100 };
/** What a machine of the tests may be late by. */
const SLACK_MS = 1_000;

let backend: TestBackend;
/** The same app, with less patience. */
let strict: HttpServer;
let url: string;
let authorization: string;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  backend = await startBackend(PLENTY);
  strict = createHttpServer(backend.runtime.app, TIMEOUTS);
  ({ url } = await strict.listen("127.0.0.1", 0));
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "slow" }));
});
afterAll(async () => {
  await strict?.close(async () => undefined);
  await backend?.stop();
  process.off("unhandledRejection", onRejection);
});

/** Sends what the function gives, over and over, until the server has had enough. */
async function trickle(socket: Socket, everyMs: number, next: () => string) {
  const timer = setInterval(() => socket.writable && socket.write(next()), everyMs);
  try {
    return await readToEnd(socket, 10_000);
  } finally {
    clearInterval(timer);
  }
}

describe.concurrent("whoever is slow is let go", () => {
  test("headers that never end are closed within the timeout and a second (R12)", async () => {
    const silent = readToEnd(await openSocket(url));
    const socket = await openSocket(url);
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
    const answer = await trickle(socket, 200, () => "X-A: b\r\n");
    expect(answer).toMatchObject({ status: 408, closed: true });
    expect(answer.ms).toBeLessThan(TIMEOUTS.headersTimeout + SLACK_MS);
    const { closed, ms } = await silent;
    expect(closed).toBe(true);
    expect(ms).toBeLessThan(TIMEOUTS.headersTimeout + SLACK_MS);
  });

  test.each([
    ["tRPC", "POST /trpc/permission.grant"],
    ["REST", "PUT /api/analysis/results/slow/permissions/bob"],
    ["tRPC, of raw data", "POST /trpc/analysis.create"],
  ])("a body of a byte now and then is ended by the timeout: %s (R13)", async (_, line) => {
    const send = async (length: string) => {
      const socket = await openSocket(url);
      socket.write(
        `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`,
      );
      const byte = length.startsWith("Content") ? " " : "1\r\n \r\n";
      const answer = await trickle(socket, 200, () => byte);
      expect(answer.closed).toBe(true);
      expect([0, 408]).toContain(answer.status);
      expect(answer.ms).toBeLessThan(TIMEOUTS.requestTimeout + SLACK_MS);
    };
    await Promise.all([send("Content-Length: 1000"), send("Transfer-Encoding: chunked")]);
  });

  test("a token that is refused is answered before the body has come (R13)", async () => {
    const socket = await openSocket(url);
    socket.write(
      "POST /trpc/analysis.create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const answer = await trickle(socket, 100, () => "1\r\n \r\n");
    expect(answer).toMatchObject({ status: 401, closed: true });
    expect(answer.ms).toBeLessThan(TIMEOUTS.requestTimeout);
  });
});

test("none of it leaves a rejection that nobody handles (R12, R13)", async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rejections).toEqual([]);
});
