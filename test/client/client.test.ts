import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, isPegError, type PegClient } from "../../src/client/index.js";
import { ERROR_CODES, type ErrorCode } from "../../src/contract/errors.js";
import type { AppRouter } from "../../src/trpc/app-router.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { freePort } from "../support/process.js";

interface Sent {
  method: string;
  path: string;
  calls: number;
  urlLength: number;
  authorization: string | null;
}

/** A fetch that keeps what it sent. */
function watchedFetch(): { fetch: typeof globalThis.fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const path = pathname.slice("/trpc/".length);
    sent.push({
      method: request.method,
      path,
      calls: path.split(",").length,
      urlLength: request.url.length,
      authorization: request.headers.get("authorization"),
    });
    return globalThis.fetch(input, init);
  };
  return { fetch, sent };
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("was not refused"),
    (error: unknown) => error,
  );

/** The body of an error, which is to be one of that code and of no other. */
function bodyOf(error: unknown, code: ErrorCode) {
  expect(ERROR_CODES.filter((one) => isPegError(error, one))).toEqual([code]);
  if (!isPegError(error, code)) throw new Error(`is not a ${code}`);
  return error.data.error;
}

let backend: TestBackend;
let id: string;
beforeAll(async () => {
  backend = await startBackend({ RATE_LIMIT_GET: "1000/1m", RATE_LIMIT_ALL: "1000/1m" });
  ({ id } = await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis()));
});
afterAll(() => backend?.stop());

describe("an answer", () => {
  test("brings times as dates, of mutations and of queries, computed and cached", async () => {
    const alice = await backend.clientOf("alice");
    const created = await alice.analysis.create.mutate(sampleAnalysis());
    expect(created.created_at).toBeInstanceOf(Date);
    const found = await alice.analysis.byId.query({ id: created.id });
    expect([found.created_at, found.updated_at]).toEqual([created.created_at, created.created_at]);
    expect(found.period_info).toEqual(sampleAnalysis().period_info);
    for (const cached of [false, true]) {
      const answer = await alice.pegComparison.get.query({ id: created.id });
      if (answer.status !== "COMPLETED") throw new Error("not completed");
      expect(answer.cached).toBe(cached);
      const { analysis_metadata: metadata, peg_comparison_results: pegs } = answer.data;
      expect(metadata?.period_definition).toEqual(sampleAnalysis().period_info);
      for (const time of [metadata?.calculated_at, ...pegs.map((peg) => peg.metadata?.calculated_at)]) {
        expect(time).toBeInstanceOf(Date);
      }
    }
  });

  test("comes from an address with and without a slash at its end", async () => {
    const token = await tokenFor("alice");
    for (const url of [backend.url, `${backend.url}/`]) {
      expect(await createPegClient({ url, token }).analysis.byId.query({ id })).toMatchObject({ id });
    }
  });
});

describe("requests", () => {
  test("carry all queries of one tick in one, but for what may have to be computed", async () => {
    const { fetch, sent } = watchedFetch();
    const alice = createPegClient({ url: backend.url, token: await tokenFor("alice"), fetch });
    const [summary, analysis] = await Promise.all([
      alice.pegComparison.summary.query({ id }),
      alice.analysis.byId.query({ id }),
      alice.permission.own.query({ id }),
    ]);
    expect([summary.data.analysis_id, analysis.id]).toEqual([id, id]);
    expect(sent.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      "GET analysis.byId,permission.own",
      "GET pegComparison.summary",
    ]);
  });

  test("let nothing wait for a comparison that takes long", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const watched = watchedFetch();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (String(input).includes("pegComparison.get")) await held;
      return watched.fetch(input, init);
    };
    const alice = createPegClient({ url: backend.url, token: await tokenFor("alice"), fetch });
    const comparisons = [alice.pegComparison.get.query({ id }), alice.pegComparison.get.query({ id })];
    const analysis = await alice.analysis.byId.query({ id });
    expect(analysis.id).toBe(id);
    release();
    for (const { success } of await Promise.all(comparisons)) expect(success).toBe(true);
    expect(watched.sent.map(({ path }) => path)).toEqual([
      "analysis.byId",
      "pegComparison.get,pegComparison.get",
    ]);
  });

  test("fail each call of a batch by itself", async () => {
    const alice = await backend.clientOf("alice");
    const [found, refused] = await Promise.allSettled([
      alice.analysis.byId.query({ id }),
      alice.analysis.byId.query({ id: "of somebody else".replaceAll(" ", "-") }),
    ]);
    expect(found.status).toBe("fulfilled");
    if (refused.status === "fulfilled") throw new Error("was not refused");
    bodyOf(refused.reason, "PERMISSION_DENIED");
  });

  test("are as many as the size of a batch asks for", async () => {
    const { fetch, sent } = watchedFetch();
    const alice = createPegClient({ url: backend.url, token: await tokenFor("alice"), fetch });
    const answers = await Promise.all(Array.from({ length: 45 }, () => alice.analysis.byId.query({ id })));
    expect(answers).toHaveLength(45);
    expect(sent.map(({ calls }) => calls)).toEqual([20, 20, 5]);
  });

  test("are split before an address gets too long for a server", async () => {
    const { fetch, sent } = watchedFetch();
    const operator = createPegClient({
      url: backend.url,
      token: await tokenFor("operator", { scope: "peg:admin" }),
      fetch,
    });
    const ids = Array.from({ length: 20 }, (_, i) => `${i}-`.padEnd(255, ":"));
    const answers = await Promise.allSettled(ids.map((one) => operator.analysis.byId.query({ id: one })));
    for (const answer of answers) {
      if (answer.status === "fulfilled") throw new Error("was found");
      bodyOf(answer.reason, "ANALYSIS_NOT_FOUND");
    }
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.reduce((sum, { calls }) => sum + calls, 0)).toBe(20);
    for (const { urlLength } of sent) expect(urlLength).toBeLessThan(8_192);
  });

  test("carry mutations alone, as a POST", async () => {
    const { fetch, sent } = watchedFetch();
    const alice = createPegClient({ url: backend.url, token: await tokenFor("alice"), fetch });
    await Promise.all([
      alice.analysis.create.mutate(sampleAnalysis()),
      alice.analysis.create.mutate(sampleAnalysis()),
      alice.analysis.byId.query({ id }),
    ]);
    expect(sent.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      "GET analysis.byId",
      "POST analysis.create",
      "POST analysis.create",
    ]);
  });

  test("ask for the token each time, so that a renewed one is used", async () => {
    const { fetch, sent } = watchedFetch();
    const tokens = [
      await tokenFor("alice", { expiresInSeconds: -60 }),
      await tokenFor("alice", { expiresInSeconds: 600 }),
      await tokenFor("alice", { expiresInSeconds: 1200 }),
    ];
    let asked = 0;
    const alice = createPegClient({
      url: backend.url,
      token: async () => tokens[asked++] ?? "",
      fetch,
    });
    bodyOf(await caught(alice.analysis.byId.query({ id })), "API_AUTHENTICATION_ERROR");
    expect(await alice.analysis.byId.query({ id })).toMatchObject({ id });
    expect(await alice.analysis.create.mutate(sampleAnalysis())).toMatchObject({ rows: 12 });
    expect(asked).toBe(3);
    expect(sent.map(({ authorization }) => authorization)).toEqual(tokens.map((token) => `Bearer ${token}`));
  });

  test("end where the caller has lost interest, and are no answer of the backend", async () => {
    const alice = await backend.clientOf("alice");
    const error = await caught(alice.analysis.byId.query({ id }, { signal: AbortSignal.abort() }));
    expect(isPegError(error)).toBe(false);
  });
});

describe("an error", () => {
  test("of a bad token is an API_AUTHENTICATION_ERROR", async () => {
    const nobody = createPegClient({ url: backend.url, token: "rubbish" });
    const body = bodyOf(await caught(nobody.pegComparison.get.query({ id })), "API_AUTHENTICATION_ERROR");
    expect(body.request_id).toMatch(/^[A-Za-z0-9-]+$/);
    expect(new Date(body.timestamp).getTime()).not.toBeNaN();
  });

  test("of a stranger is PERMISSION_DENIED", async () => {
    const mallory = await backend.clientOf("mallory");
    bodyOf(await caught(mallory.pegComparison.get.query({ id })), "PERMISSION_DENIED");
  });

  test("of a taken id is a CONFLICT", async () => {
    const alice = await backend.clientOf("alice");
    bodyOf(await caught(alice.analysis.create.mutate(sampleAnalysis({ id }))), "CONFLICT");
  });

  test("of too many calls is API_RATE_LIMIT_EXCEEDED, with the seconds to wait", async () => {
    const hasty = await startBackend({ RATE_LIMIT_ALL: "2/1m" });
    try {
      const alice = await hasty.clientOf("alice");
      const { id: own } = await alice.analysis.create.mutate(sampleAnalysis());
      await alice.analysis.byId.query({ id: own });
      const body = bodyOf(await caught(alice.analysis.byId.query({ id: own })), "API_RATE_LIMIT_EXCEEDED");
      expect(body.retry_after).toBeGreaterThanOrEqual(1);
      expect(body.retry_after).toBeLessThanOrEqual(60);
    } finally {
      await hasty.stop();
    }
  });

  test("of a wrong field is API_VALIDATION_ERROR and names it", async () => {
    const alice = await backend.clientOf("alice");
    const good = sampleAnalysis();
    const row = { kpi_name: "RSRP", period: "N", avg: 1, cell_id: "A" } as const;
    const create = (change: object) => caught(alice.analysis.create.mutate({ ...good, ...change }));
    const named = async (error: Promise<unknown>) =>
      bodyOf(await error, "API_VALIDATION_ERROR").details?.map(({ path }) => path);
    expect(await named(create({ stats: [row, { ...row, avg: "1" }] }))).toEqual(["stats.1.avg"]);
    expect(await named(create({ stats: [{ ...row, rsrp: 1 }] }))).toEqual(["stats.0.rsrp"]);
    expect(await named(create({ stats: [] }))).toEqual(["stats"]);
    expect(await named(create({ period_info: undefined }))).toEqual(["period_info"]);
    expect(await named(create({ stats: [{ ...row, timestamp: new Date(Number.NaN) }] }))).toEqual([
      "stats.0.timestamp",
    ]);
    expect(await named(caught(alice.pegComparison.get.query({ id, cache_ttl: -1 })))).toEqual(["cache_ttl"]);
    expect(await named(caught(alice.pegComparison.get.query({ id: "no id" })))).toEqual(["id"]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "of a measurement of %s names it, which JSON would make a missing one",
    async (avg) => {
      const alice = await backend.clientOf("alice");
      const analysis = sampleAnalysis();
      const stats = analysis.stats.map((row, i) => (i === 4 ? { ...row, avg } : row));
      const body = bodyOf(
        await caught(alice.analysis.create.mutate({ ...analysis, stats })),
        "API_VALIDATION_ERROR",
      );
      expect(body.details).toEqual([{ path: "stats.4.avg", message: "must be a finite number or null" }]);
      expect(stats[4]?.avg).toBe(avg);
    },
  );

  test("of a network that fails is none of the backend's", async () => {
    const token = await tokenFor("alice");
    const url = `http://127.0.0.1:${await freePort()}`;
    const error = await caught(createPegClient({ url, token }).analysis.byId.query({ id }));
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(isPegError(error)).toBe(false);
  });

  test("of something else that answers is none of the backend's", async () => {
    const token = await tokenFor("alice");
    const answers = [
      new Response("<html>502</html>", { status: 502, headers: { "content-type": "text/html" } }),
      Response.json({ error: "no" }, { status: 500 }),
      Response.json([{ error: { json: { message: "no", code: -32000, data: null } } }], { status: 500 }),
      Response.json(null),
    ];
    for (const answer of answers) {
      const client = createPegClient({ url: backend.url, token, fetch: async () => answer });
      expect(isPegError(await caught(client.analysis.byId.query({ id })))).toBe(false);
    }
  });

  test("of a token that cannot be had is that of the one who gives tokens", async () => {
    const token = () => Promise.reject(new Error("the session is over"));
    const error = await caught(createPegClient({ url: backend.url, token }).analysis.byId.query({ id }));
    expect(isPegError(error)).toBe(false);
    expect(String(error)).toContain("the session is over");
  });

  test("is told from anything else that is thrown", () => {
    const lookalike = { data: { error: { code: "CONFLICT" } } };
    for (const thrown of [undefined, null, "CONFLICT", new Error("CONFLICT"), lookalike]) {
      expect(isPegError(thrown)).toBe(false);
    }
  });
});

type LinkOptions = Parameters<typeof httpLink<AppRouter>>[0] & Parameters<typeof httpBatchLink<AppRouter>>[0];

const UPSTREAM: { name: string; link: (options: LinkOptions) => TRPCLink<AppRouter> }[] = [
  { name: "httpLink", link: (options) => httpLink(options) },
  { name: "httpBatchLink", link: (options) => httpBatchLink(options) },
  { name: "httpBatchStreamLink", link: (options) => httpBatchStreamLink(options) },
];

describe.each(UPSTREAM)("a plain tRPC client with superjson and $name", ({ link }) => {
  let ours: PegClient;
  let plain: PegClient;
  beforeAll(async () => {
    const authorization = `Bearer ${await tokenFor("alice")}`;
    ours = await backend.clientOf("alice");
    const options: LinkOptions = {
      url: `${backend.url}/trpc`,
      transformer: superjson,
      headers: { authorization },
    };
    plain = createTRPCClient<AppRouter>({ links: [link(options)] });
    await ours.pegComparison.get.query({ id });
    await ours.pegComparison.summary.query({ id });
  });

  test("gets the same answers, several at once", async () => {
    const ask = (client: PegClient) =>
      Promise.all([
        client.pegComparison.get.query({ id }),
        client.pegComparison.get.query({ id, include_metadata: false }),
        client.pegComparison.summary.query({ id }),
        client.analysis.byId.query({ id }),
      ]);
    const answers = await ask(plain);
    expect(answers).toEqual(await ask(ours));
    expect(answers[3].created_at).toBeInstanceOf(Date);
    expect(answers[2].data.analysis_metadata.calculated_at).toBeInstanceOf(Date);
  });

  test("may send fields that are undefined", async () => {
    const input = { id, include_metadata: undefined, cache_ttl: undefined };
    expect(await plain.pegComparison.get.query(input)).toEqual(await ours.pegComparison.get.query({ id }));
  });

  test("stores dates, text, nulls and undefined fields as the typed client does", async () => {
    const analysis = {
      ...sampleAnalysis(),
      id: undefined,
      name: undefined,
      stats: sampleAnalysis().stats.map((row, i) => ({
        ...row,
        avg: i === 0 ? null : row.avg,
        timestamp: [undefined, new Date(1704067200000 + i * 1000), "2024-01-08T00:00:00+09:00"][i % 3],
      })),
    };
    const results: object[] = [];
    for (const client of [ours, plain]) {
      const created = await client.analysis.create.mutate(analysis);
      const { id: _, created_at, updated_at, ...found } = await ours.analysis.byId.query({ id: created.id });
      const answer = await ours.pegComparison.get.query({ id: created.id });
      if (answer.status !== "COMPLETED") throw new Error("not completed");
      const pegs = answer.data.peg_comparison_results.map(({ metadata, ...peg }) => peg);
      expect([created_at, updated_at]).toEqual([created.created_at, created.created_at]);
      results.push({ found, pegs });
    }
    expect(results[1]).toEqual(results[0]);
  });

  test("gets the same errors, which isPegError knows", async () => {
    const ask = (client: PegClient) =>
      Promise.all([
        caught(client.pegComparison.get.query({ id: "absent" })),
        caught(client.pegComparison.get.query({ id: "no id" })),
        caught(client.pegComparison.get.query({ id, cache_ttl: 1.5 })),
        caught(client.analysis.create.mutate(sampleAnalysis({ id }))),
      ]);
    const bodies = (errors: unknown[]) =>
      errors.map((error) => {
        if (!isPegError(error)) throw new Error(`is no answer: ${error}`);
        const { timestamp, request_id, ...body } = error.data.error;
        return { message: error.message, body, http: error.data.httpStatus };
      });
    const found = bodies(await ask(plain));
    expect(found.map(({ body }) => body.code)).toEqual([
      "PERMISSION_DENIED",
      "API_VALIDATION_ERROR",
      "API_VALIDATION_ERROR",
      "CONFLICT",
    ]);
    expect(found).toEqual(bodies(await ask(ours)));
  });
});
