import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { expect, test, vi } from "vitest";
import { startAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, tokenFor } from "../support/backend.js";
import { openStream } from "../support/open-stream.js";

/** Ours last half an hour, by the same option: too long to wait for. */
const MAX_DURATION_MS = 500;
const HALF_AN_HOUR_MS = 1_800_000;

test("T18: an idle stream ends with its time, and its generator runs to its end", async () => {
  const t = initTRPC.create({
    sse: { maxDurationMs: MAX_DURATION_MS, ping: { enabled: true, intervalMs: 50 } },
  });
  let finalised = () => {};
  const done = new Promise<void>((resolve) => {
    finalised = resolve;
  });
  const router = t.router({
    idle: t.procedure.subscription(async function* ({ signal }) {
      try {
        yield "first";
        await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      } finally {
        finalised();
      }
    }),
  });
  const response = await fetchRequestHandler({
    endpoint: "/trpc",
    router,
    req: new Request("http://x/trpc/idle", { headers: { accept: "text/event-stream" } }),
    createContext: () => ({}),
  });
  const text = await response.text();
  expect(text).toContain('data: "first"');
  expect(text).toContain("event: ping");
  // Not returned: a client that is cut off so connects anew, and goes on where it was.
  expect(text).not.toContain("event: return");
  await done;
});

test("T18: a stream of the server ends after half an hour, and leaves nothing behind", async () => {
  const service = await startAnalysisService();
  const backend = await startBackend({ MCP_URL: service.url });
  const release = service.hold();
  try {
    const alice = await backend.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    await alice.pegComparison.get.query({ id, async: true });
    await service.nextCall();
    const timers = vi.spyOn(globalThis, "setTimeout");
    const stream = await openStream(backend.url, id, { authorization: `Bearer ${await tokenFor("alice")}` });
    await stream.events(1);
    const ends = timers.mock.calls.filter(([, ms]) => ms === HALF_AN_HOUR_MS);
    timers.mockRestore();
    const { streams } = backend.runtime.services;
    expect(streams.open).toBe(1);
    expect(ends).toHaveLength(1);
    // As if the time had come.
    for (const [end] of ends) end();
    await stream.ended;
    expect(stream.text()).not.toContain("event: return");
    await expect.poll(() => streams.open, { timeout: 10_000 }).toBe(0);
  } finally {
    vi.restoreAllMocks();
    release();
    await backend.stop();
    await service.stop();
  }
});
