import { createServer, type Server, type Socket } from "node:net";
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
import { failureOf, request, serviceAt } from "./fixtures.js";

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

describe("deadlines", () => {
  const quick = { timeoutMs: 300, retries: 1 };

  it.each([
    ["hangs before its headers", hangs],
    ["hangs in the middle of the body", hangsInBody],
    ["trickles its body", trickles],
  ])("U1: end an attempt when the service %s", async (_, reaction) => {
    fake.otherwise(reaction);
    const started = performance.now();
    const error = await failureOf(open(quick).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(fake.requests).toHaveLength(2);
    await expect.poll(() => fake.openSockets()).toBe(0);
  });

  it("U2: cover the attempt after a 503 too (trap 7)", async () => {
    fake.script(status(503), hangs);
    const error = await failureOf(open(quick).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(fake.requests).toHaveLength(2);
  });

  it("U2: are followed by a retry that is really sent (trap 7)", async () => {
    fake.script(hangs, answers());
    expect((await open(quick).compare(request())).pegs).toHaveLength(1);
    expect(fake.requests).toHaveLength(2);
  });

  it("U1: of the whole call bound attempts and waits", async () => {
    fake.otherwise(hangs);
    const started = performance.now();
    const error = await failureOf(open({ timeoutMs: 20_000, totalTimeoutMs: 300 }).compare(request()));
    expect(error.code).toBe("MCP_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(fake.requests).toHaveLength(1);
  });

  it("do not wait for the body of an error", async () => {
    fake.otherwise((response) => {
      response.writeHead(404, { "content-length": "1000" });
      response.write("x");
    });
    expect((await failureOf(open({ timeoutMs: 20_000 }).compare(request()))).code).toBe(
      "MCP_PROCESSING_ERROR",
    );
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
  ])(
    "U4: follow a service that %s: the same is asked again, and comparing changes nothing there",
    async (_, reaction) => {
      fake.script(reaction);
      await open().compare(request());
      expect(fake.requests).toHaveLength(2);
      expect(fake.requests[1]?.body).toBe(fake.requests[0]?.body);
      fake.otherwise(reaction);
      expect((await failureOf(open().compare(request()))).code).toBe("MCP_CONNECTION_FAILED");
    },
  );

  it("end as MCP_CONNECTION_FAILED where nobody listens", async () => {
    const error = await failureOf(open({}, `http://127.0.0.1:${await freePort()}`).compare(request()));
    expect(error.code).toBe("MCP_CONNECTION_FAILED");
  });

  it("U13: end as MCP_CONNECTION_FAILED where the name is not known", async () => {
    const error = await failureOf(open({ retries: 1 }, "http://no-such-host.invalid").compare(request()));
    expect(error.code).toBe("MCP_CONNECTION_FAILED");
  });

  it("U8: double their wait, with full jitter", async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    fake.otherwise(status(500));
    await failureOf(open({ retryBaseMs: 1_000, random: () => 0.999, sleep }).compare(request()));
    expect(waits.map(Math.round)).toEqual([999, 1998, 3996]);
    await failureOf(open({ retryBaseMs: 1_000, random: () => 0, sleep }).compare(request()));
    expect(waits.slice(3)).toEqual([0, 0, 0]);
  });

  it("U8: stop when the budget of all calls is used up", async () => {
    fake.otherwise(status(500));
    const service = open({ retryBudget: { capacity: 5, perSecond: 0, perCall: 0.1 } });
    for (let i = 0; i < 20; i++) await failureOf(service.compare(request()));
    // 20 first attempts, 5 saved retries, and 2 for 10 % of the calls.
    expect(fake.requests.length).toBeLessThanOrEqual(27);
    expect(fake.requests.length).toBeGreaterThanOrEqual(25);
  });

  it("U13: come over a new connection where the service closed the one that was kept", async () => {
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

  it("U3: is waited, in seconds and as a date", async () => {
    expect(await waitsFor("2")).toEqual([2_000]);
    const now = () => Date.parse("2024-01-15T10:00:00Z");
    expect(await waitsFor("Mon, 15 Jan 2024 10:00:03 GMT", { now })).toEqual([3_000]);
  });

  it.each(["-5", "soon", "2.5", "1e3", "Mon, 15 Foo 2024"])(
    "U3: is ignored when it is %j",
    async (header) => {
      expect(await waitsFor(header)).toEqual([0]);
    },
  );

  it("U3: fails fast where it is longer than what is left, and is passed on, bounded", async () => {
    fake.script(status(503, { "retry-after": "120" }), status(503, { "retry-after": "1000000000" }));
    const service = open({ totalTimeoutMs: 60_000 });
    const started = performance.now();
    const first = await failureOf(service.compare(request()));
    expect([first.code, first.retryAfter]).toEqual(["MCP_PROCESSING_ERROR", 120]);
    expect((await failureOf(service.compare(request()))).retryAfter).toBe(3_600);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(fake.requests).toHaveLength(2);
  });
});
