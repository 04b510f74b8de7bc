import { createFetch } from "ofetch";
import { fetch, Headers } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answers, type FakeService, hangs, hangsInBody, startFakeService, status } from "./fake-service.js";

let fake: FakeService;
beforeEach(async () => {
  fake = await startFakeService();
});
afterEach(() => fake.stop());

const client = createFetch({
  fetch: fetch as unknown as typeof globalThis.fetch,
  Headers: Headers as unknown as typeof globalThis.Headers,
});
const post = { method: "POST", body: "{}" } as const;
const later = (ms: number) =>
  new Promise<"still waiting">((resolve) => setTimeout(resolve, ms, "still waiting"));

// Why the adapter uses neither ofetch's retry nor its timeout. When one of these fails, ofetch has changed.
describe("trap 7: what ofetch does by itself", () => {
  it("ofetch's retry after a timeout sends no request", async () => {
    fake.script(hangs, answers());
    await expect(client(fake.url, { ...post, timeout: 300, retry: 1 })).rejects.toThrow();
    expect(fake.requests).toHaveLength(1);
  });

  it("ofetch's retry after a 503 has no timeout", async () => {
    fake.script(status(503), hangs);
    const call = client(fake.url, { ...post, timeout: 300, retry: 1 }).catch(() => "ended");
    await fake.arrived(2);
    expect(await Promise.race([call, later(900)])).toBe("still waiting");
    await fake.stop();
    expect(await call).toBe("ended");
  });

  it("ofetch's timeout does not cover the body", async () => {
    fake.script(hangsInBody);
    const call = client(fake.url, { ...post, timeout: 300, retry: false }).catch(() => "ended");
    expect(await Promise.race([call, later(900)])).toBe("still waiting");
    await fake.stop();
    expect(await call).toBe("ended");
  });

  it("a signal of our own switches ofetch's timeout off", async () => {
    const controller = new AbortController();
    fake.script(hangs);
    const call = client(fake.url, { ...post, timeout: 300, retry: false, signal: controller.signal }).catch(
      () => "ended",
    );
    expect(await Promise.race([call, later(900)])).toBe("still waiting");
    controller.abort();
    expect(await call).toBe("ended");
  });

  it("ofetch's error tells the address in its message and the token in its options", async () => {
    fake.script(status(500));
    const call = client(fake.url, { ...post, retry: false, headers: { authorization: "Bearer t-1" } });
    const error = await call.catch((caught: unknown) => caught as Error & { options: { headers: Headers } });
    expect(error.message).toContain(fake.url);
    expect(error.options.headers.get("authorization")).toBe("Bearer t-1");
  });
});
