import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";

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

test("a stream whose reader has left while its token is on its way tells nothing of it any more", async () => {
  const controller = new AbortController();
  let refuse = (_: Error) => {};
  const token = vi.fn(
    () =>
      new Promise<string>((_, reject) => {
        refuse = reject;
      }),
  );
  const peg = createPegClient({ url: backend.url, token });
  const onError = vi.fn();
  peg.pegComparison.watch.subscribe({ id }, { signal: controller.signal, onError });
  await vi.waitFor(() => expect(token).toHaveBeenCalled());
  controller.abort();
  refuse(new Error("the session is over"));
  for (let i = 0; i < 20; i++) await turn();
  expect(onError).not.toHaveBeenCalled();
});

test.each([
  ["no network", new TypeError("fetch failed")],
  ["no answer in time", new DOMException("The operation timed out.", "TimeoutError")],
  ["no network, by what builds on fetch", new Error("no response", { cause: new TypeError("fetch failed") })],
])("a stream goes on once its token can be had again, where there was %s", async (_, error) => {
  const good = await tokenFor("alice");
  const token = vi.fn(async () => good).mockRejectedValueOnce(error);
  const peg = createPegClient({ url: backend.url, token });
  const onError = vi.fn();
  await new Promise<void>((resolve) => {
    const watched = peg.pegComparison.watch.subscribe({ id }, { onError, onData: () => done() });
    const done = () => {
      watched.unsubscribe();
      resolve();
    };
  });
  expect([token.mock.calls.length, onError.mock.calls.length]).toEqual([2, 0]);
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
