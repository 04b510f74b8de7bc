import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, PLENTY, queryPath } from "../support/faces.js";
import { openSocket } from "../support/raw-request.js";

let service: TestAnalysisService;
let backend: TestBackend;
let authorization: string;
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  service = await startAnalysisService();
  backend = await startBackend({ ...PLENTY, MCP_URL: service.url });
  authorization = `Bearer ${await tokenFor("alice")}`;
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
  process.off("unhandledRejection", onRejection);
});

async function newAnalysis(): Promise<string> {
  const alice = await backend.clientOf("alice");
  return (await alice.analysis.create.mutate(sampleAnalysis())).id;
}

/** Whether anything is looked up, started or computed at this moment. */
async function isBusy(): Promise<boolean> {
  const { lookups, starts, computations } = backend.runtime.services;
  const idle = Promise.all([lookups, starts, computations].map((flights) => flights.idle())).then(
    () => "idle",
  );
  const busy = new Promise((resolve) => setImmediate(() => resolve("busy")));
  return (await Promise.race([idle, busy])) === "busy";
}

/** Asks, once or several times at once, and is gone before there is an answer. */
async function askAndLeave(path: string, accept = "application/json", times = 1) {
  const socket = await openSocket(backend.url);
  const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nAccept: ${accept}\r\n\r\n`;
  socket.write(request.repeat(times));
  return { leave: () => socket.resetAndDestroy() };
}

describe("a caller who leaves while a comparison is computed (T25)", () => {
  const FACES: [string, (id: string) => string][] = [
    ["tRPC", (id) => queryPath("pegComparison.get", { id })],
    ["tRPC, in a batch", (id) => batchPath(Array(3).fill(["pegComparison.get", { id }]))],
    ["REST", (id) => `/api/analysis/results/${id}/peg-comparison`],
  ];

  test.each(FACES)("leaves it to those who wait with him: %s", async (_, path) => {
    const id = await newAnalysis();
    const open = service.hold();
    const called = service.nextCall();
    const before = service.calls;
    const gone = await askAndLeave(path(id));
    await called;
    const stays = (await backend.clientOf("alice")).pegComparison.get.query({ id });
    gone.leave();
    open();
    expect(await stays).toMatchObject({ status: "COMPLETED" });
    await vi.waitFor(async () => expect(await isBusy()).toBe(false));
    expect(service.calls - before).toBe(1);
  });

  test.each(FACES)("finds it done when he comes back, and leaves nothing running: %s", async (_, path) => {
    const id = await newAnalysis();
    const open = service.hold();
    const called = service.nextCall();
    const before = service.calls;
    const gone = await askAndLeave(path(id));
    await called;
    gone.leave();
    open();
    await vi.waitFor(async () => expect(await isBusy()).toBe(false));
    const alice = await backend.clientOf("alice");
    expect(await alice.pegComparison.get.query({ id })).toMatchObject({ status: "COMPLETED", cached: true });
    expect(service.calls - before).toBe(1);
  });
});

describe("a reader of a stream", () => {
  const STREAMS: [string, (id: string) => string][] = [
    ["tRPC", (id) => queryPath("pegComparison.watch", { id })],
    ["REST", (id) => `/api/analysis/results/${id}/peg-comparison/events`],
  ];
  let id: string;
  let finish: () => void;
  beforeAll(async () => {
    id = await newAnalysis();
    finish = service.hold();
    await (await backend.clientOf("alice")).pegComparison.recompute.mutate({ id });
  });
  afterAll(async () => {
    finish();
    await vi.waitFor(async () => expect(await isBusy()).toBe(false), { timeout: 10_000 });
  });

  const open = () => backend.runtime.services.streams.open;
  async function expectPlaces() {
    await vi.waitFor(() => expect(open()).toBe(0), { timeout: 5_000 });
    const streams = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(`${backend.url}${STREAMS[1]?.[1](id)}`, { headers: { authorization } }),
      ),
    );
    expect(streams.map(({ status }) => status)).toEqual(Array(5).fill(200));
    await Promise.all(streams.map(({ body }) => body?.cancel()));
    await vi.waitFor(() => expect(open()).toBe(0), { timeout: 5_000 });
  }

  test.each(STREAMS)("who leaves gives his place back: %s (T25)", async (_, path) => {
    const readers = await Promise.all(
      Array.from({ length: 5 }, () => askAndLeave(path(id), "text/event-stream")),
    );
    await vi.waitFor(() => expect(open()).toBe(5), { timeout: 5_000 });
    for (const { leave } of readers) leave();
    await expectPlaces();
  });

  test.each(STREAMS)(
    "who asked for several over one connection gives all their places back: %s (T25)",
    async (_, path) => {
      const reader = await askAndLeave(path(id), "text/event-stream", 3);
      await vi.waitFor(() => expect(open()).toBe(3), { timeout: 5_000 });
      reader.leave();
      await expectPlaces();
    },
  );

  test.each(STREAMS)("who leaves at once takes none: %s (T25)", async (_, path) => {
    for (let i = 0; i < 10; i++) (await askAndLeave(path(id), "text/event-stream")).leave();
    await expectPlaces();
  });

  test.each(STREAMS)("who asks by HEAD takes none: %s (T26)", async (_, path) => {
    for (let i = 0; i < 6; i++) {
      const response = await fetch(`${backend.url}${path(id)}`, {
        method: "HEAD",
        headers: { authorization },
      });
      expect([200, 204]).toContain(response.status);
    }
    await expectPlaces();
  });
});

test("none of it leaves a rejection that nobody handles (T25)", async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rejections).toEqual([]);
});
