import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAsyncForm } from "../../../src/adapters/mcp/async-form.js";
import { startDeadline } from "../../../src/adapters/mcp/deadline.js";
import { AttemptFailure } from "../../../src/adapters/mcp/failure.js";
import type { RequestBody } from "../../../src/adapters/mcp/request-body.js";
import type { Answer, Transport } from "../../../src/adapters/mcp/transport.js";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH, MCP_STATUS_PATH } from "../../../src/contract/mcp-protocol.js";
import {
  answers,
  type FakeService,
  goodAnswer,
  hangs,
  type Reaction,
  resets,
  startFakeService,
} from "./fake-service.js";
import { CELL, failureOf, request, serviceAt } from "./fixtures.js";

let fake: FakeService;
beforeEach(async () => {
  fake = await startFakeService();
});
afterEach(() => fake.stop());

const says = answers;
const started = (id = "task-1") => says({ task_id: id }, 202);
const at = (progress: unknown) => says({ status: "PROCESSING", progress });
const ended = () => says({ status: "COMPLETED", progress: 100, result: goodAnswer() });
const notFound = () => says({ detail: "Not Found" }, 404);

/** An answer as the transport gives it. */
function told(body: object): Answer {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(body)));
  return { ok: true, bytes: { blocks: [bytes], length: bytes.length } };
}

/** Compares, and tells what was heard on the way. */
async function compare(options: Parameters<typeof serviceAt>[1] = {}) {
  const heard: number[] = [];
  const service = serviceAt(fake.url, { sleep: () => new Promise(setImmediate), ...options });
  try {
    const comparison = service.compare(request({ onProgress: (share) => void heard.push(share) }));
    return { heard, comparison: await comparison };
  } finally {
    await service.close();
  }
}

const paths = () => fake.requests.map(({ method, path }) => `${method} ${path}`);

describe("the asynchronous form", () => {
  it("starts, asks until it is there, tells what it hears, and never less than before", async () => {
    fake.script(
      started(),
      at(10),
      at(55.5),
      at(40),
      at("NaN"),
      at(undefined),
      says('{"status":"PENDING","progress":NaN}'),
      ended(),
    );
    const { heard, comparison } = await compare();
    expect(heard).toEqual([0, 0.1, 0.555]);
    expect(comparison.pegs).toHaveLength(1);
    expect(paths().slice(0, 2)).toEqual([`POST ${MCP_ASYNC_PATH}`, `GET ${MCP_STATUS_PATH}/task-1`]);
    expect(new Set(fake.requests.map(({ headers }) => headers["x-request-id"]))).toEqual(new Set(["req-1"]));
  });

  it("U4: starts again under the same key where the answer was lost, and under another one what is another", async () => {
    fake.script(resets, started(), notFound(), started("task-2"), ended());
    await compare({ retryBaseMs: 1 });
    const keys = fake.requests
      .filter(({ path }) => path === MCP_ASYNC_PATH)
      .map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
    // The service had lost the first one.
    expect(keys[2]).not.toBe(keys[0]);
  });

  it("is not used where nobody wants to hear", async () => {
    const service = serviceAt(fake.url);
    await service.compare(request());
    await service.close();
    expect(paths()).toEqual([`POST ${MCP_ANALYSIS_PATH}`]);
  });

  it.each([404, 405, 501])("falls back where %i says that there is none, and remembers it", async (code) => {
    fake.script(says({ detail: "no" }, code));
    fake.otherwise(answers());
    const service = serviceAt(fake.url, { retries: 0 });
    for (let i = 0; i < 2; i++) await service.compare(request({ onProgress: () => {} }));
    await service.close();
    expect(paths()).toEqual([
      `POST ${MCP_ASYNC_PATH}`,
      `POST ${MCP_ANALYSIS_PATH}`,
      `POST ${MCP_ANALYSIS_PATH}`,
    ]);
  });

  it("begins anew where the service forgot the comparison, as after a restart, and tells nothing twice", async () => {
    fake.script(started("one"), at(60), notFound(), started("two"), at(30), at(70), ended());
    const { heard } = await compare();
    expect(heard).toEqual([0, 0.6, 0.6, 0.7]);
    expect(paths().filter((path) => path.startsWith("POST"))).toHaveLength(2);
  });

  it("gives up where it is forgotten again and again", async () => {
    fake.otherwise((response, about) =>
      (about.seen.method === "POST" ? started() : notFound())(response, about),
    );
    const error = await failureOf(compare({ retries: 2 }));
    expect(error.code).toBe("MCP_CONNECTION_FAILED");
    expect(paths().filter((path) => path.startsWith("POST"))).toHaveLength(3);
  });

  it("asks again where a question fails", async () => {
    fake.script(started(), says({}, 503), (response) => void response.destroy(), at(50), ended());
    expect((await compare()).heard).toEqual([0, 0.5]);
  });

  it("goes on asking a service that is away for a while, or whose circuit is open, and begins nothing anew", async () => {
    fake.script(started(), at(10), says({}, 503), resets, says({}, 429), says({}, 502), at(50), ended());
    // No retries, and a circuit that opens at once and lets the next one through after a moment.
    const circuit = { consecutiveFailures: 1, waitMs: 1, maxWaitMs: 1 };
    expect((await compare({ retries: 0, circuit })).heard).toEqual([0, 0.1, 0.5]);
    expect(paths().filter((path) => path.startsWith("POST"))).toHaveLength(1);
  });

  it("gives up after a minute without an answer, though the comparison may go on", async () => {
    let elapsed = 0;
    const asked: number[] = [];
    const transport: Transport = {
      start: async () => told({ task_id: "task-1" }),
      status: async () => {
        if (asked.push(elapsed) === 3) return told({ status: "PROCESSING", progress: 10 });
        throw new AttemptFailure("status", "status 503", true, false, { status: 503 });
      },
      send: () => Promise.reject(new Error("not used")),
      close: async () => {},
    };
    const form = createAsyncForm({
      ...{ transport, restarts: 0, stallMs: 300_000, elapsed: () => elapsed },
      attempt: (work) => () => work(),
      sleep: async () => {
        elapsed += 25_000;
      },
    });
    const deadline = startDeadline(60_000, []);
    const call = { body: {} as RequestBody, requestId: "r", onProgress: () => {} };
    const outcome = await form.compare({ ...call, deadline }).catch((error: unknown) => error);
    deadline.clear();
    expect(outcome).toMatchObject({ kind: "status" });
    // A minute after the one answer.
    expect(asked).toEqual([25_000, 50_000, 75_000, 100_000, 125_000, 150_000]);
  });

  it("passes on that the data cannot be compared, without its cells", async () => {
    const refusal = {
      success: false,
      error: { code: "DATA_VALIDATION_ERROR", message: `nothing in ${CELL}` },
    };
    fake.script(started(), says({ status: "FAILED", progress: 40, result: refusal }));
    const error = await failureOf(compare());
    expect(error.code).toBe("DATA_VALIDATION_ERROR");
    expect(error.message).not.toContain(CELL);
  });

  it.each([
    ["a start without a task", [says({ id: 1 }, 202)]],
    ["a start that is no JSON", [says("<html>", 202)]],
    ["a status that is no JSON", [started(), says("<html>")]],
    ["a status of another kind", [started(), says({ status: "RUNNING" })]],
    ["an end without a result", [started(), says({ status: "COMPLETED", progress: 100 })]],
    [
      "an end with another analysis",
      [started(), says({ status: "COMPLETED", result: { ...goodAnswer(), success: 1 } })],
    ],
    [
      "a failure of its own",
      [started(), says({ status: "FAILED", result: { success: false, error: "boom" } })],
    ],
  ] satisfies [string, Reaction[]][])("does not take %s", async (_, reactions) => {
    fake.script(...reactions);
    fake.otherwise(says("<html>"));
    expect((await failureOf(compare())).code).toBe("MCP_PROCESSING_ERROR");
  });

  it("ends where nothing moves, where it takes too long, and where a question hangs", async () => {
    fake.script(started());
    fake.otherwise(at(10));
    expect((await failureOf(compare({ stallMs: 30 }))).code).toBe("MCP_TIMEOUT");
    fake.script(started());
    expect((await failureOf(compare({ asyncTimeoutMs: 50 }))).code).toBe("MCP_TIMEOUT");
    fake.script(started());
    fake.otherwise(hangs);
    const impatient = { timeoutMs: 50, retries: 0, asyncTimeoutMs: 200 };
    expect((await failureOf(compare(impatient))).code).toBe("MCP_TIMEOUT");
  });

  it("counts what moves of the comparison that runs, however far one had come that was lost", async () => {
    let elapsed = 0;
    let asked = 0;
    let tasks = 0;
    const transport: Transport = {
      start: async () => told({ task_id: `task-${++tasks}` }),
      status: async () => {
        asked++;
        if (tasks === 1 && asked === 1) return told({ status: "PROCESSING", progress: 80 });
        if (tasks === 1) throw new AttemptFailure("status", "status 404", false, false, { status: 404 });
        // Moves with every question: up to 60, and then no more.
        return told({ status: "PROCESSING", progress: Math.min(60, asked) });
      },
      send: () => Promise.reject(new Error("not used")),
      close: async () => {},
    };
    const form = createAsyncForm({
      ...{ transport, restarts: 3, stallMs: 2_000, elapsed: () => elapsed },
      attempt: (work) => () => work(),
      sleep: async (ms) => {
        elapsed += ms;
      },
    });
    const heard: number[] = [];
    const call = {
      body: {} as RequestBody,
      requestId: "r",
      onProgress: (share: number) => heard.push(share),
    };
    const deadline = startDeadline(60_000, []);
    const outcome = await form.compare({ ...call, deadline }).catch((error: unknown) => error);
    deadline.clear();
    expect(outcome).toMatchObject({ kind: "timeout" });
    // Two seconds after it stood still, and not before.
    expect(asked).toBeGreaterThan(60);
    expect(asked).toBeLessThan(70);
    expect(heard).toEqual([0, 0.8, 0.8]);
  });

  it("ends at once when the caller leaves", async () => {
    const controller = new AbortController();
    fake.script(started());
    fake.otherwise(at(10));
    const service = serviceAt(fake.url);
    const onProgress = (share: number) => {
      if (share > 0) controller.abort(new Error("left"));
    };
    await expect(service.compare(request({ onProgress }), controller.signal)).rejects.toThrow("left");
    await service.close();
  });
});
