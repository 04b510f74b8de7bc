import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import type { AppRouter } from "../../src/trpc/app-router.js";
import { transformer } from "../../src/trpc/transformer.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, openBody, PLENTY, queryPath } from "../support/faces.js";

let service: TestAnalysisService;
let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({ ...PLENTY, MCP_URL: service.url });
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "one" }));
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

function ask(path: string, headers: Record<string, string> = {}) {
  return fetch(`${backend.url}${path}`, { headers: { authorization, ...headers } });
}

const streamed = { "trpc-accept": "application/jsonl" };
const manyOf = (procedure: string, count: number, separator = ",") =>
  batchPath(Array(count).fill([procedure, {}])).replaceAll(",", separator);

/** The ids of requests that reached a procedure, of those that a piece of work sends. */
async function charged(work: () => Promise<unknown>): Promise<number> {
  const { shared } = backend.runtime.services;
  const { visit } = shared;
  let visits = 0;
  shared.visit = (request) => {
    visits++;
    return visit.call(shared, request);
  };
  await work().finally(() => {
    shared.visit = visit;
  });
  return visits;
}

describe("how many calls a request may carry", () => {
  test.each([",", "%2C", "%2c"])("twenty, and not one more, parted by %s (T2)", async (separator) => {
    for (const headers of [{}, streamed]) {
      const calls = await charged(async () => {
        expect((await ask(manyOf("analysis.list", 20, separator), headers)).status).toBe(200);
      });
      expect(calls).toBe(20);
      const refused = await charged(async () => {
        const response = await ask(manyOf("analysis.list", 21, separator), headers);
        expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/json"]);
        expect(openBody(await response.text()).error?.code).toBe("API_VALIDATION_ERROR");
      });
      expect(refused).toBe(0);
    }
  });

  test("and as few mutations (T2)", async () => {
    const body = JSON.stringify(
      Object.fromEntries(Array.from({ length: 21 }, (_, i) => [i, { json: { id: "one" } }])),
    );
    const headers = { authorization, "content-type": "application/json" };
    const calls = await charged(async () => {
      const response = await fetch(backend.url + manyOf("pegComparison.recompute", 21), {
        method: "POST",
        headers,
        body,
      });
      expect(response.status).toBe(400);
    });
    expect(calls).toBe(0);
  });

  test("one, unless the request says once that it is a batch (T3, R4)", async () => {
    const two = "analysis.list,analysis.list";
    for (const query of [
      "batch=0&batch=1",
      "batch=1&batch=0",
      "batch=1&batch=1",
      "batch=0",
      "batch=true",
      "batch=",
      "Batch=1",
      "batch%00=1",
      "",
    ]) {
      for (const headers of [{}, streamed]) {
        const calls = await charged(async () => {
          expect([400, 404]).toContain((await ask(`/trpc/${two}?${query}&input=%7B%7D`, headers)).status);
        });
        expect(calls).toBe(0);
      }
    }
    const given = queryPath("analysis.byId", { id: "one" });
    expect((await ask(`${given}&input=%7B%7D`)).status).toBe(400);
    expect((await ask(`${given}&batch=0&batch=0`)).status).toBe(400);
    expect((await ask(given)).status).toBe(200);
  });

  test("empty names are refused in few words (T4)", async () => {
    for (const path of [`/trpc/${",".repeat(400)}`, `/trpc/${"%2C".repeat(400)}`]) {
      for (const query of ["?batch=1", "?batch=1&input=%7B%7D", ""]) {
        const response = await ask(path + query);
        expect([400, 404]).toContain(response.status);
        expect((await response.text()).length).toBeLessThan(600);
      }
    }
  });
});

const MIXED = batchPath([
  ["analysis.list", {}],
  ["analysis.delete", {}],
]);
test.each([
  ["too many calls", manyOf("analysis.list", 21), [{}, streamed]],
  ["queries and mutations", MIXED, [{}, streamed]],
  ["inputs that are none", "/trpc/analysis.list,analysis.list?batch=1&input=7", [{}]],
])("what is refused before any call bears the request's id and language too: %s", async (_, path, ways) => {
  for (const more of ways) {
    const response = await ask(path, { "x-request-id": "early-1", "accept-language": "ko", ...more });
    const text = await response.text();
    const items = [JSON.parse(text) as unknown].flat();
    expect(response.status).toBe(400);
    for (const item of items) {
      const { error } = openBody(JSON.stringify(item));
      expect(error).toMatchObject({ code: "API_VALIDATION_ERROR", request_id: "early-1" });
      expect(error?.message).toMatch(/[가-힣]/);
      expect((item as { error: { json: { message: string } } }).error.json.message).toBe(error?.message);
    }
  }
});

describe("a batch of queries and mutations (T5)", () => {
  test.each(["pegComparison.get,pegComparison.recompute", "pegComparison.recompute,pegComparison.get"])(
    "is refused, and nothing done: %s",
    async (paths) => {
      const input = { 0: { json: { id: "one" } }, 1: { json: { id: "one" } } };
      const byGet = () => ask(`/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`);
      const byPost = () =>
        fetch(`${backend.url}/trpc/${paths}?batch=1`, {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: JSON.stringify(input),
        });
      for (const send of [byGet, byPost]) {
        const before = service.calls;
        const calls = await charged(async () => {
          const response = await send();
          expect([response.status, response.headers.get("content-type")]).toEqual([400, "application/json"]);
          expect(openBody(await response.text()).error?.code).toBe("API_VALIDATION_ERROR");
        });
        expect([calls, service.calls]).toEqual([0, before]);
      }
    },
  );
});

test("twenty times the same cold comparison is computed once, on both faces together (T5)", async () => {
  const alice = await backend.clientOf("alice");
  const { id } = await alice.analysis.create.mutate(sampleAnalysis());
  const before = service.calls;
  const open = service.hold();
  const batch = ask(batchPath(Array(20).fill(["pegComparison.get", { id }])));
  const rest = Array.from({ length: 5 }, () => ask(`/api/analysis/results/${id}/peg-comparison`));
  await service.nextCall();
  open();
  const answers = (await (await batch).json()) as { result: { data: { json: { status: string } } } }[];
  expect(answers.map(({ result }) => result.data.json.status)).toEqual(Array(20).fill("COMPLETED"));
  for (const response of await Promise.all(rest)) expect(response.status).toBe(200);
  expect(service.calls - before).toBe(1);
});

describe("a batch in which some calls fail (T6)", () => {
  const calls = [
    ["analysis.byId", { id: "one" }],
    ["analysis.byId", { id: "absent" }],
    ["analysis.byId", { id: "no id" }],
    ["analysis.nothing", {}],
    ["analysis.list", { limit: 1 }],
  ] as const;
  const codes = ["ok", "PERMISSION_DENIED", "API_VALIDATION_ERROR", "API_VALIDATION_ERROR", "ok"];
  const codeOf = (item: unknown) => openBody(JSON.stringify(item)).error?.code ?? "ok";

  test("is 207, with an answer to each call in its place", async () => {
    const response = await ask(batchPath(calls));
    expect(response.status).toBe(207);
    expect(((await response.json()) as unknown[]).map(codeOf)).toEqual(codes);
    const known = await ask(batchPath(calls.filter(([procedure]) => procedure !== "analysis.nothing")));
    expect(known.status).toBe(207);
    expect(((await known.json()) as unknown[]).map(codeOf)).toEqual(codes.toSpliced(3, 1));
  });

  test("tells each call of a stream its own refusal and its wait, since the status went before", async () => {
    const limited = await startBackend({ MCP_URL: service.url, RATE_LIMIT_GET: "2/1m" });
    try {
      await (await limited.clientOf("bob")).analysis.create.mutate(sampleAnalysis({ id: "streamed" }));
      const statuses: number[] = [];
      const link = httpBatchStreamLink({
        url: `${limited.url}/trpc`,
        transformer: superjson,
        headers: { authorization: `Bearer ${await tokenFor("bob")}` },
        fetch: async (input, init) => {
          const response = await fetch(input, init as RequestInit);
          statuses.push(response.status);
          return response;
        },
      });
      const client = createTRPCClient<AppRouter>({ links: [link] });
      const settled = await Promise.allSettled(
        Array.from({ length: 5 }, () => client.pegComparison.get.query({ id: "streamed" })),
      );
      expect(statuses).toEqual([200]);
      expect(settled.map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
        "rejected",
        "rejected",
        "rejected",
      ]);
      for (const outcome of settled.slice(2)) {
        const { reason } = outcome as PromiseRejectedResult;
        if (!isPegError(reason, "API_RATE_LIMIT_EXCEEDED")) throw reason;
        expect(reason.data?.httpStatus).toBe(429);
        expect(reason.data.error.retry_after).toBeGreaterThanOrEqual(1);
        expect(reason.data.error.retry_after).toBeLessThanOrEqual(60);
      }
    } finally {
      await limited.stop();
    }
  });
});

describe("a stream of answers", () => {
  const readWith = async (accept: Record<string, string>) => {
    const link = httpBatchStreamLink({
      url: `${backend.url}/trpc`,
      transformer: superjson,
      headers: { authorization },
      fetch: (input, init) =>
        fetch(input, { ...(init as RequestInit), headers: { authorization, ...accept } }),
    });
    const client = createTRPCClient<AppRouter>({ links: [link] });
    return Promise.all([
      client.analysis.byId.query({ id: "T17" }),
      client.analysis.byId.query({ id: "one" }),
      client.pegComparison.get.query({ id: "T17" }),
    ]);
  };

  test.each([
    ["as tRPC asks for it", streamed],
    ["as any other client may", { accept: "application/json;q=0.1, application/jsonl" }],
  ])("carries a KPI of any name, and what else was asked for with it, %s (T17)", async (_, accept) => {
    const alice = await backend.clientOf("alice");
    const names = ["constructor", "prototype", "toString", "a.b"];
    const { stats, ...rest } = sampleAnalysis({ id: "T17" });
    await alice.analysis.create
      .mutate({
        ...rest,
        stats: stats.map((row, i) => ({ ...row, kpi_name: names[i % names.length] as string })),
        request_params: {
          peg_definitions: Object.fromEntries(names.map((name) => [name, { thresholds: { [name]: 1 } }])),
        },
      })
      .catch((error: unknown) => {
        if (!isPegError(error, "CONFLICT")) throw error;
      });
    const [strange, plain, comparison] = await readWith(accept);
    expect(strange).toEqual(await alice.analysis.byId.query({ id: "T17" }));
    expect(Object.keys(strange.request_params.peg_definitions).sort()).toEqual([...names].sort());
    expect(strange.created_at).toBeInstanceOf(Date);
    expect(plain.id).toBe("one");
    expect(comparison.status).toBe("COMPLETED");
  });

  test("that breaks off is a line of the log, and tells the caller nothing of why", async () => {
    const printed = vi.spyOn(console, "error");
    const { logger } = backend.runtime.services;
    const logged = vi.spyOn(logger, "error");
    const failing = vi.spyOn(transformer.output, "serialize").mockImplementation(() => {
      throw new Error("canary");
    });
    try {
      const response = await ask(manyOf("analysis.list", 2), { ...streamed, "x-request-id": "broken-1" });
      const text = await response.text().catch(() => "");
      expect(text).not.toContain("canary");
      expect(logged.mock.calls).toEqual([
        [expect.objectContaining({ request_id: "broken-1", err: expect.any(Error) }), expect.any(String)],
      ]);
      expect(printed).not.toHaveBeenCalled();
    } finally {
      for (const spy of [printed, logged, failing]) spy.mockRestore();
    }
  });
});

test("the typed client splits what would be too long for an address or a batch (T24)", async () => {
  const urls: string[] = [];
  const client = createPegClient({
    url: backend.url,
    token: await tokenFor("alice"),
    fetch: (input, init) => {
      urls.push(String(input));
      return fetch(input, init);
    },
  });
  const ids = Array.from({ length: 60 }, (_, i) => `${"x".repeat(250)}${i}`);
  const settled = await Promise.allSettled(ids.map((id) => client.analysis.byId.query({ id })));
  for (const outcome of settled) {
    if (outcome.status === "fulfilled" || !isPegError(outcome.reason, "PERMISSION_DENIED")) throw outcome;
  }
  expect(urls.length).toBeGreaterThan(3);
  for (const url of urls) {
    expect(url.length).toBeLessThanOrEqual(6_000);
    expect(new URL(url).pathname.split(",").length).toBeLessThanOrEqual(20);
  }
});
