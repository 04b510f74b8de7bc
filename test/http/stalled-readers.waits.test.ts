import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHttpServer, type HttpServer, TIMEOUTS } from "../../src/http/server.js";
import { openSocket } from "../support/raw-request.js";

const MIB = 1024 * 1024;
const PATIENCE_MS = 2_000;
/** Of waiting for what comes after the patience at the latest. */
const POLL = { timeout: 20_000, interval: 20 };
/** Far more than the system keeps for a reader. */
const LARGE = 24 * MIB;

let server: HttpServer;
let url: string;
let release: () => void;
let cancelled: Promise<void>;

beforeEach(async () => {
  const app = new Hono().get("/large", (c) => c.body("x".repeat(LARGE)));
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  app.get("/held", async (c) => {
    await held;
    return c.text("the next answer");
  });
  let cancel = () => {};
  cancelled = new Promise<void>((resolve) => {
    cancel = resolve;
  });
  app.get("/stream", () => {
    const chunk = new Uint8Array(64 * 1024);
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel }));
  });
  server = createHttpServer(app as never, { stalledTimeout: PATIENCE_MS, connectionsCheckingInterval: 50 });
  ({ url } = await server.listen("127.0.0.1", 0));
});
afterEach(() => server.close(async () => undefined));

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Asks over a new connection of which nothing is read yet. @returns also the server's side of the answer */
async function askUnread(path: string): Promise<{ socket: Socket; answer: ServerResponse }> {
  const socket = await openSocket(url);
  socket.pause();
  const begins = new Promise<ServerResponse>((resolve) => {
    const told = (message: unknown) => {
      const { response } = message as { response: ServerResponse };
      if (response.req.url !== path) return;
      unsubscribe("http.server.request.start", told);
      resolve(response);
    };
    subscribe("http.server.request.start", told);
  });
  socket.write(request(path));
  return { socket, answer: await begins };
}

test("a reader who stops reading is cut off, and its answer let go", async () => {
  const { socket, answer } = await askUnread("/large");
  await once(answer, "close");
  let all = 0;
  socket.on("data", ({ byteLength }) => {
    all += byteLength;
  });
  socket.resume();
  await once(socket, "close");
  expect(all).toBeLessThan(LARGE);
});

test("and so is one who goes on sending, though it asks for nothing", async () => {
  const { socket, answer } = await askUnread("/large");
  const sending = setInterval(() => socket.write("\r\n"), PATIENCE_MS / 10);
  const start = performance.now();
  await once(answer, "close");
  clearInterval(sending);
  expect(performance.now() - start).toBeGreaterThan(PATIENCE_MS / 2);
  socket.destroy();
});

test("a stream ends whose reader has stopped reading", async () => {
  const { socket } = await askUnread("/stream");
  await cancelled;
  socket.destroy();
});

test("a reader who is slow but steady gets all of it", async () => {
  const { socket } = await askUnread("/large");
  const start = performance.now();
  let all = 0;
  let piece = 0;
  let timer: NodeJS.Timeout | undefined;
  socket.on("data", ({ byteLength }) => {
    all += byteLength;
    piece += byteLength;
    if (piece < MIB) return;
    piece = 0;
    socket.pause();
    timer = setTimeout(() => socket.resume(), PATIENCE_MS / 4);
  });
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.on("data", () => all > LARGE && resolve());
  });
  clearTimeout(timer);
  socket.destroy();
  expect(all).toBeGreaterThan(LARGE);
  expect(performance.now() - start).toBeGreaterThan(3 * PATIENCE_MS);
});

test("a connection whose reader was late has all the time again for its next answer", async () => {
  const { socket, answer } = await askUnread("/large");
  const { writableLength } = answer.socket as Socket;
  expect(writableLength).toBeGreaterThan(0);
  socket.write(request("/held"));
  await delay(PATIENCE_MS / 2);
  let text = "";
  socket.on("data", (chunk) => {
    text = (text + chunk.toString("latin1")).slice(-100);
  });
  socket.resume();
  await once(answer, "close");
  await delay(PATIENCE_MS * 1.5);
  release();
  await expect.poll(() => text, POLL).toContain("the next answer");
  socket.destroy();
});

test("a reader may take nothing for a minute", () => {
  expect(TIMEOUTS.stalledTimeout).toBe(60_000);
});
