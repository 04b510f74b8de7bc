import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnalysisServiceOptions } from "../../../src/adapters/mcp/options.js";
import type { AnalysisService } from "../../../src/domain/ports.js";
import { freePort } from "../../support/ports.js";
import { type FakeService, hangs, resets, startFakeService, status } from "./fake-service.js";
import { CELL, failureOf, request, serviceAt, TOKEN } from "./fixtures.js";

let fake: FakeService;
let opened: AnalysisService[] = [];
const open = (options: Partial<AnalysisServiceOptions> = {}, url = fake.url): AnalysisService => {
  const service = serviceAt(url, options);
  opened.push(service);
  return service;
};

beforeEach(async () => {
  fake = await startFakeService();
});
afterEach(async () => {
  await Promise.all(opened.map((service) => service.close()));
  opened = [];
  await fake.stop();
});

describe("a call", () => {
  it("sends the protocol's request with its headers", async () => {
    await open({ token: TOKEN }, `${fake.url}/base/`).compare(request());
    const [seen] = fake.requests;
    expect(seen).toMatchObject({ method: "POST", path: "/base/mcp/peg-comparison/analysis" });
    expect(seen?.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(seen?.body ?? "")),
      "x-request-id": "req-1",
      authorization: `Bearer ${TOKEN}`,
    });
    expect(seen?.headers["transfer-encoding"]).toBeUndefined();
  });

  it("leaves out a request id that no header can carry", async () => {
    await open().compare(request({ requestId: "a\r\nx-evil: 1" }));
    expect(fake.requests[0]?.headers["x-request-id"]).toBeUndefined();
    expect(fake.requests[0]?.headers["x-evil"]).toBeUndefined();
  });

  it("reuses its connections, and opens at most maxConnections", async () => {
    const service = open({ maxConnections: 3 });
    for (let i = 0; i < 10; i++) await service.compare(request());
    // undici opens a second one where the first is still tidying up.
    expect(fake.connections()).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 6 }, () => service.compare(request())));
    expect(fake.connections()).toBeLessThanOrEqual(3);
  });

  it("refuses an address or a token that cannot be sent, without repeating it", () => {
    for (const url of ["ftp://h", "nonsense", "http://user:pw@h", "http://h/?a=1"]) {
      expect(() => serviceAt(url)).toThrow(TypeError);
    }
    expect(() => serviceAt(fake.url, { token: "secret\n1" })).toThrow(/^(?!.*secret)/s);
  });
});

describe("a caller who leaves", () => {
  const leave = (service: AnalysisService) => {
    const caller = new AbortController();
    const call = service.compare(request(), caller.signal);
    return { call, go: () => caller.abort(new Error("caller left")) };
  };

  it("ends the attempt at once and closes its connection", async () => {
    fake.otherwise(hangs);
    const { call, go } = leave(open());
    await fake.arrived(1);
    go();
    await expect(call).rejects.toThrow("caller left");
    await expect.poll(() => fake.openSockets()).toBe(0);
    expect(fake.requests).toHaveLength(1);
  });

  it("U7: ends the wait before a retry at once", async () => {
    fake.otherwise(status(503, { "retry-after": "15" }));
    const { call, go } = leave(open());
    await fake.arrived(1);
    const started = performance.now();
    go();
    await expect(call).rejects.toThrow("caller left");
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(fake.requests).toHaveLength(1);
  });

  it("is not asked for at all when it left before", async () => {
    await expect(open().compare(request(), AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    expect(fake.requests).toHaveLength(0);
  });
});

describe("close", () => {
  it("ends what is under way, leaves no connection, and refuses what comes later", async () => {
    fake.otherwise(hangs);
    const service = open();
    const call = failureOf(service.compare(request()));
    await fake.arrived(1);
    await service.close();
    expect((await call).code).toBe("MCP_CONNECTION_FAILED");
    expect((await failureOf(service.compare(request()))).code).toBe("MCP_CONNECTION_FAILED");
    await expect.poll(() => fake.openSockets()).toBe(0);
  });

  it("closes the connection that was kept", async () => {
    const service = open();
    await service.compare(request());
    expect(fake.openSockets()).toBeGreaterThan(0);
    await service.close();
    await expect.poll(() => fake.openSockets()).toBe(0);
  });
});

describe("an error", () => {
  it("tells no address, token, cell, or text of the service, and holds no token in its cause", async () => {
    fake.script(status(500), status(500), resets, status(404));
    const errors = [await failureOf(open({ token: TOKEN }).compare(request()))];
    fake.otherwise(hangs);
    errors.push(await failureOf(open({ token: TOKEN, timeoutMs: 100, retries: 0 }).compare(request())));
    errors.push(
      await failureOf(open({ token: TOKEN }, `http://127.0.0.1:${await freePort()}`).compare(request())),
    );
    for (const error of errors) {
      expect(error.message).not.toMatch(/127\.0\.0\.1|upstream text|secret/i);
      const everything = inspect(error, { depth: 12, showHidden: true, getters: true });
      expect(everything).not.toContain(TOKEN);
      expect(everything).not.toContain(CELL);
    }
  });
});
