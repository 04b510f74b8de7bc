import { connect } from "node:net";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { healthRoutes } from "../../src/http/health.js";
import { createHttpServer } from "../../src/http/server.js";
import { sampleAnalysis, startBackend, tokenFor } from "../support/backend.js";
import { queryPath } from "../support/faces.js";
import { sendRaw } from "../support/raw-request.js";

/** A connection that is kept: asks, and resolves with the answer's head, or with nothing where it was closed. */
function openConnection(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let text = "";
  let told = () => {};
  socket.on("data", (chunk) => {
    text += chunk.toString();
    told();
  });
  socket.on("error", () => undefined);
  const opened = new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const ask = (path: string): Promise<string> => {
    text = "";
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    return new Promise((resolve) => {
      socket.once("close", () => resolve(text));
      told = () => {
        if (text.includes("\r\n\r\n")) resolve(text);
      };
    });
  };
  /** As raw bytes, whatever comes back: `seen` tells all of it. */
  const send = (bytes: string) => socket.write(bytes);
  return { ask, send, seen: () => text, opened, ended, close: () => socket.destroy() };
}

test("a server that drains says so, serves on, and closes each connection with its answer", async () => {
  let draining = false;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = () => {};
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const database = { required: true, check: async () => undefined };
  const app = new Hono().route("/", healthRoutes({ database }, () => draining) as unknown as Hono);
  app.get("/slow", async (c) => {
    begun();
    await held;
    return c.text("done");
  });
  const server = createHttpServer(app as never);
  const { url } = await server.listen("127.0.0.1", 0);
  const [idle, busy] = [openConnection(url), openConnection(url)];
  expect(await idle.ask("/readyz")).toMatch(/^HTTP\/1\.1 200[\s\S]*"status":"ready"/);
  const slow = busy.ask("/slow");
  await begins;

  draining = true;
  server.drain();
  // What began before is told as well.
  release();
  expect(await slow).toMatch(/^HTTP\/1\.1 200[\s\S]*connection: close/i);
  await busy.ended;
  // The idle one still may ask, once.
  expect(await idle.ask("/readyz")).toMatch(
    /^HTTP\/1\.1 503[\s\S]*connection: close[\s\S]*"status":"stopping","dependencies":{"database":"ok"}/i,
  );
  await idle.ended;
  const fresh = openConnection(url);
  expect(await fresh.ask("/healthz")).toMatch(/^HTTP\/1\.1 200[\s\S]*connection: close/i);
  await fresh.ended;
  await server.close(async () => undefined);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test("a connection outlives the time that its client was told, for the request that is late", async () => {
  const server = createHttpServer(new Hono().get("/", (c) => c.text("here")) as never, {
    keepAliveTimeout: 1_000,
    connectionsCheckingInterval: 50,
  });
  const { url } = await server.listen("127.0.0.1", 0);
  const connection = openConnection(url);
  expect(await connection.ask("/")).toMatch(/^HTTP\/1\.1 200[\s\S]*keep-alive: timeout=1\r\n/i);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await connection.ask("/")).toMatch(/^HTTP\/1\.1 200/);
  await connection.ended;
  await server.close(async () => undefined);
});

test("a server that closes still answers the first request of a connection that was just opened", async () => {
  const server = createHttpServer(new Hono().get("/", (c) => c.text("here")) as never);
  const { url } = await server.listen("127.0.0.1", 0);
  const [used, fresh] = [openConnection(url), openConnection(url)];
  await Promise.all([used.ask("/"), fresh.opened]);
  server.drain();
  const closed = server.close(async () => undefined);
  await used.ended;
  // Some sweeps later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await fresh.ask("/")).toMatch(/^HTTP\/1\.1 200[\s\S]*connection: close/i);
  await closed;
});

test("a server that closes writes a large answer to its end, however slowly it is read", async () => {
  const bytes = 64 * 1024 * 1024;
  const server = createHttpServer(new Hono().get("/", (c) => c.body("x".repeat(bytes))) as never);
  const { url } = await server.listen("127.0.0.1", 0);
  const response = await fetch(url);
  const closed = server.close(async () => undefined);
  // Long after the first sweep.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await response.text()).length).toBe(bytes);
  await closed;
});

test("a connection whose answer began before a drain may bring one more request, also once the server closes", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const app = new Hono().get("/next", (c) => c.text("next"));
  app.get("/stream", () => {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("begun"));
        await held;
        controller.enqueue(new TextEncoder().encode("done"));
        controller.close();
      },
    });
    return new Response(body);
  });
  const server = createHttpServer(app as never);
  const { url } = await server.listen("127.0.0.1", 0);
  const connection = openConnection(url);
  connection.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(connection.seen).toContain("begun");
  // Nobody told this client that its connection is the last.
  server.drain();
  release();
  await expect.poll(connection.seen).toContain("done");
  const closed = server.close(async () => undefined);
  // Some sweeps later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  connection.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  await connection.ended;
  expect(connection.seen()).toMatch(
    /HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 200[\s\S]*connection: close[\s\S]*next$/i,
  );
  await closed;
});

test("a server that closes answers each of the requests that a client sent together", async () => {
  const app = new Hono();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  app.get("/first", (c) => c.text("first"));
  app.get("/second", async (c) => {
    await held;
    return c.text("second");
  });
  const server = createHttpServer(app as never);
  const { url } = await server.listen("127.0.0.1", 0);
  const connection = openConnection(url);
  connection.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(connection.seen).toContain("first");
  const closed = server.close(async () => undefined);
  // Some sweeps later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  release();
  await connection.ended;
  expect(connection.seen()).toContain("second");
  await closed;
});

test("a server that drains says so in the head of a stream as well, and ends its connection", async () => {
  const backend = await startBackend();
  const server = createHttpServer(backend.runtime.app);
  try {
    const { url } = await server.listen("127.0.0.1", 0);
    const alice = await backend.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    await alice.pegComparison.get.query({ id, async: true });
    const authorization = `Authorization: Bearer ${await tokenFor("alice")}`;
    const batch = `/trpc/pegComparison.status?batch=1&input=${encodeURIComponent(`{"0":{"json":{"id":"${id}"}}}`)}`;
    server.drain();
    for (const [path, more] of [
      [`/api/analysis/results/${id}/peg-comparison/events`, ""],
      [queryPath("pegComparison.watch", { id }), ""],
      [batch, "trpc-accept: application/jsonl\r\n"],
    ] as const) {
      const head = `GET ${path} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n${more}\r\n`;
      const answer = await sendRaw(url, head, 30_000);
      expect([path, answer]).toMatchObject([
        path,
        { status: 200, headers: { connection: "close" }, closed: true },
      ]);
    }
  } finally {
    await server.close(async () => undefined);
    await backend.stop();
  }
});
