import { createServer, type Server, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnalysisServiceOptions } from "../../../src/adapters/mcp/options.js";
import type { AnalysisService } from "../../../src/domain/ports.js";
import { freePort } from "../../support/ports.js";
import {
  answers,
  type FakeService,
  goodAnswer,
  hangs,
  hangsInBody,
  resets,
  startFakeService,
  status,
  trickles,
  truncates,
} from "./fake-service.js";
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

  it("uses one connection for calls one after another, and at most maxConnections at once", async () => {
    const service = open({ maxConnections: 3 });
    for (let i = 0; i < 10; i++) await service.compare(request());
    expect(fake.connections()).toBe(1);
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

describe("deadlines", () => {
  const quick = { timeoutMs: 60, retries: 1 };

  it.each([
    ["hangs before its headers", hangs],
    ["hangs in the middle of the body", hangsInBody],
    ["trickles its body", trickles],
  ])("end an attempt when the service %s", async (_, reaction) => {
    fake.otherwise(reaction);
    const started = performance.now();
    const error = await failureOf(open(quick).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(fake.requests).toHaveLength(2);
    await expect.poll(() => fake.openSockets()).toBe(0);
  });

  it("cover the attempt after a 503 too (trap 7)", async () => {
    fake.script(status(503), hangs);
    const error = await failureOf(open(quick).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(fake.requests).toHaveLength(2);
  });

  it("are followed by a retry that is really sent (trap 7)", async () => {
    fake.script(hangs, answers());
    expect((await open(quick).compare(request())).pegs).toHaveLength(1);
    expect(fake.requests).toHaveLength(2);
  });

  it("of the whole call bound attempts and waits", async () => {
    fake.otherwise(hangs);
    const started = performance.now();
    const error = await failureOf(open({ timeoutMs: 5_000, totalTimeoutMs: 80 }).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(fake.requests).toHaveLength(1);
  });

  it("do not wait for the body of an error", async () => {
    fake.otherwise((response) => {
      response.writeHead(404, { "content-length": "1000" });
      response.write("x");
    });
    expect((await failureOf(open({ timeoutMs: 5_000 }).compare(request()))).code).toBe("MCP_PROCESSING_ERROR");
    await expect.poll(() => fake.openSockets()).toBe(0);
  });
});

describe("retries", () => {
  it.each([408, 425, 429, 500, 502, 503, 504])("follow a %i and succeed", async (code) => {
    fake.script(status(code));
    expect((await open().compare(request())).mcpVersion).toBe("v2.1.0");
    expect(fake.requests).toHaveLength(2);
    expect(fake.requests[1]?.body).toBe(fake.requests[0]?.body);
  });

  it.each([400, 401, 403, 404, 409, 413, 422])("do not follow a %i", async (code) => {
    fake.otherwise(status(code));
    expect((await failureOf(open().compare(request()))).code).toBe("MCP_PROCESSING_ERROR");
    expect(fake.requests).toHaveLength(1);
  });

  it("end after the configured number, as a bad answer where the service did answer", async () => {
    fake.otherwise(status(500));
    expect((await failureOf(open({ retries: 2 }).compare(request()))).code).toBe("MCP_PROCESSING_ERROR");
    expect(fake.requests).toHaveLength(3);
  });

  it.each([
    ["resets the connection", resets],
    ["cuts its answer short", truncates],
  ])("follow a service that %s", async (_, reaction) => {
    fake.script(reaction);
    await open().compare(request());
    expect(fake.requests).toHaveLength(2);
    fake.otherwise(reaction);
    expect((await failureOf(open().compare(request()))).code).toBe("MCP_CONNECTION_FAILED");
  });

  it("end as MCP_CONNECTION_FAILED where nobody listens", async () => {
    const error = await failureOf(open({}, `http://127.0.0.1:${await freePort()}`).compare(request()));
    expect(error.code).toBe("MCP_CONNECTION_FAILED");
  });

  it("end as MCP_CONNECTION_FAILED where the name is not known", async () => {
    const error = await failureOf(open({ retries: 1 }, "http://no-such-host.invalid").compare(request()));
    expect(error.code).toBe("MCP_CONNECTION_FAILED");
  });

  it("double their wait, with full jitter", async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    fake.otherwise(status(500));
    await failureOf(open({ retryBaseMs: 1_000, random: () => 0.999, sleep }).compare(request()));
    expect(waits.map(Math.round)).toEqual([999, 1998, 3996]);
    await failureOf(open({ retryBaseMs: 1_000, random: () => 0, sleep }).compare(request()));
    expect(waits.slice(3)).toEqual([0, 0, 0]);
  });

  it("stop when the budget of all calls is used up", async () => {
    fake.otherwise(status(500));
    const service = open({ retryBudget: { capacity: 5, perSecond: 0, perCall: 0.1 } });
    for (let i = 0; i < 20; i++) await failureOf(service.compare(request()));
    // 20 first attempts, 5 saved retries, and 2 for 10 % of the calls.
    expect(fake.requests.length).toBeLessThanOrEqual(27);
    expect(fake.requests.length).toBeGreaterThanOrEqual(25);
  });

  it("come over a new connection where the service closed the one that was kept", async () => {
    // The second request on a connection finds it reset: a service that just gave up on an idle one.
    const sockets = new Set<Socket>();
    let served = 0;
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      let requests = 0;
      let text = "";
      socket.on("error", () => {});
      socket.on("data", (data) => {
        text += data;
        const [head = "", body = ""] = text.split("\r\n\r\n");
        if (Buffer.byteLength(body) < Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Infinity)) return;
        text = "";
        if (++requests > 1) return void socket.resetAndDestroy();
        served++;
        const answer = JSON.stringify(goodAnswer());
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const service = open({}, `http://127.0.0.1:${port}`);
    await service.compare(request());
    await service.compare(request());
    expect(served).toBe(2);
    expect(sockets.size).toBe(2);
    server.close();
  });
});

describe("Retry-After", () => {
  const waitsFor = async (header: string, options: Partial<AnalysisServiceOptions> = {}) => {
    const waits: number[] = [];
    fake.script(status(503, { "retry-after": header }));
    await open({ random: () => 0, sleep: async (ms) => void waits.push(ms), ...options }).compare(request());
    return waits;
  };

  it("is waited, in seconds and as a date", async () => {
    expect(await waitsFor("2")).toEqual([2_000]);
    const now = () => Date.parse("2024-01-15T10:00:00Z");
    expect(await waitsFor("Mon, 15 Jan 2024 10:00:03 GMT", { now })).toEqual([3_000]);
  });

  it.each(["-5", "soon", "2.5", "1e3", "Mon, 15 Foo 2024"])("is ignored when it is %j", async (header) => {
    expect(await waitsFor(header)).toEqual([0]);
  });

  it("fails fast where it is longer than what is left, and is passed on, bounded", async () => {
    fake.script(status(503, { "retry-after": "120" }), status(503, { "retry-after": "1000000000" }));
    const service = open({ totalTimeoutMs: 5_000 });
    const started = performance.now();
    const first = await failureOf(service.compare(request()));
    expect([first.code, first.retryAfter]).toEqual(["MCP_PROCESSING_ERROR", 120]);
    expect((await failureOf(service.compare(request()))).retryAfter).toBe(3_600);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(fake.requests).toHaveLength(2);
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

  it("ends the wait before a retry at once", async () => {
    fake.otherwise(status(503, { "retry-after": "1" }));
    const { call, go } = leave(open());
    await fake.arrived(1);
    const started = performance.now();
    go();
    await expect(call).rejects.toThrow("caller left");
    expect(performance.now() - started).toBeLessThan(200);
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
});

describe("an error", () => {
  it("tells no address, token, cell, or text of the service, and holds no token in its cause", async () => {
    fake.script(status(500), status(500), resets, status(404));
    const errors = [await failureOf(open({ token: TOKEN }).compare(request()))];
    fake.otherwise(hangs);
    errors.push(await failureOf(open({ token: TOKEN, timeoutMs: 20, retries: 0 }).compare(request())));
    errors.push(await failureOf(open({ token: TOKEN }, `http://127.0.0.1:${await freePort()}`).compare(request())));
    for (const error of errors) {
      expect(error.message).not.toMatch(/127\.0\.0\.1|upstream text|secret/i);
      const everything = inspect(error, { depth: 12, showHidden: true, getters: true });
      expect(everything).not.toContain(TOKEN);
      expect(everything).not.toContain(CELL);
    }
  });
});
