import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AnalysisServiceOptions } from "../../../src/adapters/mcp/options.js";
import type { AnalysisService } from "../../../src/domain/ports.js";
import {
  answers,
  type FakeService,
  hangs,
  type Reaction,
  resets,
  startFakeService,
  status,
} from "./fake-service.js";
import { failureOf, rawData, request, serviceAt } from "./fixtures.js";

let fake: FakeService;
let opened: AnalysisService[] = [];
const open = (options: Partial<AnalysisServiceOptions> = {}): AnalysisService => {
  const service = serviceAt(fake.url, { retries: 0, circuit: { consecutiveFailures: 3 }, ...options });
  opened.push(service);
  return service;
};
const fail = async (service: AnalysisService, times: number) => {
  for (let i = 0; i < times; i++) await failureOf(service.compare(request()));
};
/** Sends the fourth request, which is answered once it is released. */
const holdProbe = async (service: AnalysisService) => {
  let release = () => {};
  fake.otherwise(async (response, about) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await answers()(response, about);
  });
  const probe = service.compare(request());
  await fake.arrived(4);
  return { probe, release: () => release() };
};
/** Lets `ms` pass for the circuit. */
const pass = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  fake = await startFakeService();
});
afterEach(async () => {
  await Promise.all(opened.map((service) => service.close()));
  opened = [];
  await fake.stop();
  vi.useRealTimers();
});

describe("the circuit", () => {
  const failures: [string, Reaction][] = [
    ["500s", status(500)],
    ["resets", resets],
    ["timeouts", hangs],
  ];
  it.each(failures)(
    "U8, U11: opens after %s in a row, and then answers at once without asking",
    async (_, reaction) => {
      fake.otherwise(reaction);
      const service = open({ timeoutMs: 300 });
      await fail(service, 3);
      expect(service.state()).toBe("open");
      const error = await failureOf(service.compare(request()));
      expect([error.code, error.retryAfter]).toEqual(["MCP_CONNECTION_FAILED", 5]);
      expect(fake.requests).toHaveLength(3);
    },
  );

  it("opens when the calls' own deadlines pass", async () => {
    fake.otherwise(hangs);
    const service = open({ totalTimeoutMs: 100 });
    await fail(service, 3);
    await expect.poll(() => service.state()).toBe("open");
  });

  it("U8: opens when more than half of the attempts fail, though never many in a row", async () => {
    const service = open({ circuit: { ratioMinimum: 9 } });
    fake.script(...Array.from({ length: 9 }, (_, i) => (i % 3 === 2 ? answers() : status(500))));
    for (let i = 0; i < 9; i++) await service.compare(request()).catch(() => {});
    expect(service.state()).toBe("closed");
    fake.script(status(500));
    await fail(service, 1);
    expect(service.state()).toBe("open");
  });

  it.each<[string, Reaction]>([
    ["404s", status(404)],
    ["429s", status(429)],
    ["bad answers", answers("<html>")],
    [
      "refusals of data",
      answers({ success: false, error: { code: "DATA_VALIDATION_ERROR", message: "no" } }),
    ],
  ])("U9: stays closed on %s", async (_, reaction) => {
    fake.otherwise(reaction);
    const service = open();
    await fail(service, 10);
    expect(service.state()).toBe("closed");
    expect(fake.requests).toHaveLength(10);
  });

  it("stops the retries of a call that opened it", async () => {
    fake.otherwise(status(500));
    const service = open({ retries: 9 });
    expect((await failureOf(service.compare(request()))).code).toBe("MCP_CONNECTION_FAILED");
    expect(fake.requests).toHaveLength(3);
  });

  it("U9: lets exactly one probe through after its wait, and closes when that succeeds", async () => {
    fake.otherwise(status(500));
    const service = open();
    await fail(service, 3);
    pass(4_900);
    await fail(service, 1);
    expect(fake.requests).toHaveLength(3);

    pass(200);
    expect(service.state()).toBe("half-open");
    const { probe, release } = await holdProbe(service);
    const others = await Promise.all(Array.from({ length: 5 }, () => failureOf(service.compare(request()))));
    expect(others.map(({ code, retryAfter }) => [code, retryAfter])).toEqual(
      Array(5).fill(["MCP_CONNECTION_FAILED", 5]),
    );
    expect(service.state()).toBe("half-open");
    release();
    await probe;
    expect(service.state()).toBe("closed");
    expect(fake.requests).toHaveLength(4);
  });

  it("probes when its wait is over, though the clock was set back meanwhile", async () => {
    fake.otherwise(status(500));
    const service = open();
    await fail(service, 3);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect((await failureOf(service.compare(request()))).retryAfter).toBe(5);
    pass(5_000);
    fake.otherwise(answers());
    await service.compare(request());
    expect(service.state()).toBe("closed");
  });

  it("says without asking that it is not to be asked, also while a probe is out", async () => {
    fake.otherwise(status(500));
    const service = open();
    service.check();
    await fail(service, 3);
    const refusal = { code: "MCP_CONNECTION_FAILED", untried: true, retryAfter: 5 };
    expect(() => service.check()).toThrow(expect.objectContaining(refusal));
    pass(5_000);
    service.check();
    const { probe, release } = await holdProbe(service);
    expect(() => service.check()).toThrow(expect.objectContaining(refusal));
    release();
    await probe;
    service.check();
  });

  it("costs nothing while it is open: the request is not even encoded", async () => {
    fake.otherwise(status(500));
    const service = open();
    await fail(service, 3);
    const untouchable = new Proxy(rawData(), {
      get: () => {
        throw new Error("read");
      },
    });
    expect((await failureOf(service.compare(request({ data: untouchable })))).code).toBe(
      "MCP_CONNECTION_FAILED",
    );
  });

  it("U9: doubles its wait with every failed probe, up to a cap", async () => {
    fake.otherwise(status(500));
    const service = open({ circuit: { consecutiveFailures: 3, waitMs: 1_000, maxWaitMs: 3_000 } });
    await fail(service, 3);
    const waits: (number | undefined)[] = [];
    for (const ms of [1_000, 2_000, 3_000, 3_000]) {
      waits.push((await failureOf(service.compare(request()))).retryAfter);
      pass(ms);
      await fail(service, 1);
    }
    expect(waits).toEqual([1, 2, 3, 3]);
    expect(fake.requests).toHaveLength(3 + 4);
  });

  it("is not closed by a probe whose caller left, and lets the next call probe", async () => {
    fake.otherwise(status(500));
    const service = open();
    await fail(service, 3);
    pass(5_000);
    fake.otherwise(hangs);
    const caller = new AbortController();
    const probe = service.compare(request(), caller.signal);
    await fake.arrived(4);
    caller.abort(new Error("caller left"));
    await expect(probe).rejects.toThrow("caller left");
    expect(service.state()).toBe("half-open");
    fake.otherwise(answers());
    await service.compare(request());
    expect(service.state()).toBe("closed");
  });

  it("U8: keeps an outage from being met with more requests than without retries", async () => {
    fake.otherwise(status(503));
    const service = open({ retries: 3, circuit: {} });
    await Promise.all(Array.from({ length: 100 }, () => failureOf(service.compare(request()))));
    for (let i = 0; i < 100; i++) await failureOf(service.compare(request()));
    expect(service.state()).toBe("open");
    expect(fake.requests.length).toBeLessThanOrEqual(1.1 * 200);
  });
});

describe("the bulkhead", () => {
  it("U10: lets a service that is back be asked by as many as ever, though a thousand wait for it", async () => {
    fake.otherwise(status(500));
    const service = open({ maxConcurrent: 20 });
    await fail(service, 3);
    pass(5_000);
    let inside = 0;
    let most = 0;
    fake.otherwise(async (response, about) => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      await answers()(response, about);
    });
    const wave = () =>
      Promise.all(
        Array.from({ length: 1_000 }, () =>
          service.compare(request()).then(
            () => 1,
            () => 0,
          ),
        ),
      );
    // One of them probes; those who were refused come again, all at once.
    expect((await wave()).reduce<number>((sum, one) => sum + one, 0)).toBe(1);
    expect(service.state()).toBe("closed");
    const served = (await wave()).reduce<number>((sum, one) => sum + one, 0);
    expect(served).toBe(40);
    expect(most).toBeLessThanOrEqual(20);
    expect(fake.requests).toHaveLength(3 + 1 + 40);
  });

  it("refuses what does not fit into its slots and its queue, and serves the queue in turn (C11)", async () => {
    const held: (() => void)[] = [];
    fake.otherwise(async (response, about) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await answers()(response, about);
    });
    const service = open({ maxConcurrent: 2, maxQueued: 1 });
    const calls = [1, 2, 3].map(() => service.compare(request()));
    await fake.arrived(2);
    const error = await failureOf(service.compare(request()));
    expect([error.code, error.retryAfter]).toEqual(["MCP_CONNECTION_FAILED", 5]);
    expect(service.state()).toBe("closed");
    await expect.poll(() => held.length).toBe(2);
    held[0]?.();
    await fake.arrived(3);
    await expect.poll(() => held.length).toBe(3);
    for (const release of held) release();
    expect(await Promise.all(calls)).toHaveLength(3);
  });

  it("serves the next in line when one left the queue", async () => {
    let release = () => {};
    fake.script(async (response, about) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await answers()(response, about);
    });
    const service = open({ maxConcurrent: 1, maxQueued: 2 });
    const first = service.compare(request());
    await fake.arrived(1);
    const caller = new AbortController();
    const second = service.compare(request(), caller.signal);
    const third = service.compare(request());
    caller.abort(new Error("caller left"));
    await expect(second).rejects.toThrow("caller left");
    release();
    await first;
    expect((await third).pegs).toHaveLength(1);
    expect(fake.requests).toHaveLength(2);
  });
});
