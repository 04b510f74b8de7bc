import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";

let upstream: Server;
let backend: TestBackend;
let alice: PegClient;
let id: string;
beforeAll(async () => {
  // An analysis service that never answers: tasks stay as they are.
  upstream = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => upstream.once("listening", resolve));
  const { port } = upstream.address() as AddressInfo;
  backend = await startBackend({ MCP_URL: `http://127.0.0.1:${port}` });
  alice = await backend.clientOf("alice");
  ({ id } = await alice.analysis.create.mutate(sampleAnalysis()));
  await alice.pegComparison.get.query({ id, async: true });
});
afterAll(async () => {
  upstream?.closeAllConnections();
  upstream?.close();
  await backend?.stop();
});

test.each(["unsubscribes", "aborts"])("a stream is not complete for a reader who %s", async (how) => {
  const controller = new AbortController();
  const onComplete = vi.fn();
  const onError = vi.fn();
  let seen = () => {};
  const begun = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const { signal } = controller;
  const watched = alice.pegComparison.watch.subscribe({ id }, { signal, onData: seen, onComplete, onError });
  await begun;
  if (how === "aborts") controller.abort();
  else watched.unsubscribe();
  // Whatever is told of it is told by then.
  for (let i = 0; i < 20; i++) await turn();
  expect([onComplete.mock.calls, onError.mock.calls]).toEqual([[], []]);
});

test("a stream for which no token can be had fails once, as a query does", async () => {
  const over = new Error("the session is over");
  const token = vi.fn(() => Promise.reject(over));
  const peg = createPegClient({ url: backend.url, token });
  const onComplete = vi.fn();
  const error = await new Promise<Error>((resolve) => {
    peg.pegComparison.watch.subscribe({ id }, { onError: resolve, onComplete });
  });
  expect([error.message, error.cause]).toEqual(["the session is over", over]);
  for (let i = 0; i < 20; i++) await turn();
  expect([token.mock.calls.length, onComplete.mock.calls.length]).toEqual([1, 0]);
});
