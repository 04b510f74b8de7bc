import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { expect, test } from "vitest";

/** Ours last half an hour, by the same option: too long to wait for. */
const MAX_DURATION_MS = 200;

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
