import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import { Overload } from "../../src/http/overload.js";
import type { HttpServer } from "../../src/http/server.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, jsonBody, PLENTY, queryPath, readAnswer } from "../support/faces.js";
import { startOverloaded } from "../support/overloaded.js";
import { openSocket, readToEnd, sendRaw } from "../support/raw-request.js";

/** A server of one processor, in time that is only counted: answers in turn, each at a cost; refusals at once. */
function simulate(options: {
  costMs: number;
  refusalMs: number;
  /** How many arrive in a second, by the second. */
  arrivals: (second: number) => number;
  seconds: number;
  /** Those who wait for somebody else, from the beginning on. */
  away?: number;
}) {
  const { costMs, refusalMs, arrivals, seconds, away = 0 } = options;
  let now = 0;
  let busyMs = 0;
  let lookedAt = 0;
  const overload = new Overload<object>({
    now: () => now,
    isBusy: () => {
      const share = busyMs / Math.max(1, now - lookedAt);
      busyMs = 0;
      lookedAt = now;
      return share >= 0.8;
    },
  });
  for (let i = 0; i < away; i++) overload.enter({});
  const bySecond = Array.from({ length: seconds }, () => ({ answered: 0, refused: 0, longestMs: 0 }));
  const queue: { caller: object; at: number }[] = [];
  let [due, next] = [0, 0];
  while (now < seconds * 1000) {
    // All that came meanwhile is seen at once, as by an event loop.
    while (due <= now) {
      const second = bySecond[Math.floor(due / 1000)];
      const caller = {};
      if (overload.enter(caller)) queue.push({ caller, at: due });
      else {
        if (second) second.refused++;
        now += refusalMs;
        busyMs += refusalMs;
      }
      due += 1000 / arrivals(Math.floor(due / 1000));
    }
    const first = queue[next];
    if (!first) {
      now = due;
      continue;
    }
    next++;
    now += costMs;
    busyMs += costMs;
    overload.left(first.caller, true);
    const second = bySecond[Math.floor(now / 1000)];
    if (!second) continue;
    second.answered++;
    second.longestMs = Math.max(second.longestMs, now - first.at);
  }
  return bySecond;
}

describe("more than can be answered (F4)", () => {
  const cost = fc.double({ min: 0.3, max: 20, noNaN: true });

  test("at three times as much at least 80 % of the peak is answered, soon, and all again afterwards", () => {
    fc.assert(
      fc.property(cost, (costMs) => {
        const peak = 1000 / costMs;
        const seconds = simulate({
          costMs,
          refusalMs: costMs / 20,
          arrivals: (second) => (second < 10 ? 3 * peak : peak / 2),
          seconds: 16,
        });
        for (const { answered, refused } of seconds.slice(3, 10)) {
          expect(answered).toBeGreaterThan(0.8 * peak - 2);
          expect(refused).toBeGreaterThan(1.5 * peak);
        }
        // What came before it was noticed is answered first; then whoever is let in waits for a quarter of a second,
        // or for some more than a hundred others where those take longer.
        for (const { longestMs } of seconds.slice(7, 10))
          expect(longestMs).toBeLessThan(Math.max(300, 140 * costMs) + 400);
        for (const { refused, longestMs } of seconds.slice(13)) {
          expect(refused).toBe(0);
          expect(longestMs).toBeLessThan(5 * costMs + 50);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("who leaves without an answer makes no room for others", () => {
    let now = 0;
    const overload = new Overload<object>({ now: () => now, isBusy: () => true });
    const enterMany = (count: number) =>
      Array.from({ length: count }, () => ({})).filter((one) => overload.enter(one));
    const staying = enterMany(1_000);
    for (let look = 0; look < 20; look++) {
      now += 101;
      for (const gone of enterMany(1_000)) overload.left(gone, false);
    }
    expect(overload.full).toBe(true);
    expect(enterMany(1_000)).toEqual([]);
    // The same where they were answered: so many more are let in.
    for (const one of staying.splice(0, 900)) overload.left(one, true);
    now += 101;
    expect(enterMany(1_000).length).toBeGreaterThan(500);
  });

  test("whoever asks for less than can be answered is never refused, in bursts neither", () => {
    fc.assert(
      fc.property(cost, fc.double({ min: 0.1, max: 0.75, noNaN: true }), (costMs, share) => {
        const seconds = simulate({
          costMs,
          refusalMs: 0,
          arrivals: () => (share * 1000) / costMs,
          seconds: 5,
        });
        for (const { refused } of seconds) expect(refused).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test("a burst of a hundred at once, over and over, is answered, however long each takes", () => {
    const seconds = simulate({
      costMs: 15,
      refusalMs: 0,
      arrivals: (second) => (second % 2 ? 1 : 100),
      seconds: 20,
    });
    for (const { refused } of seconds) expect(refused).toBe(0);
  });

  test("those who wait for the analysis service let others pass (U12)", () => {
    const seconds = simulate({ costMs: 1, refusalMs: 0, arrivals: () => 500, seconds: 5, away: 5000 });
    for (const { refused } of seconds) expect(refused).toBe(0);
  });
});

describe("a server that has too much to do", () => {
  const ORIGIN = "https://dashboard.example";
  let backend: TestBackend;
  let server: HttpServer;
  let url: string;
  let authorization: string;
  let full = true;

  beforeAll(async () => {
    backend = await startBackend({ ...PLENTY, CORS_ORIGINS: ORIGIN });
    ({ server, url } = await startOverloaded(backend, () => full, [ORIGIN]));
    authorization = `Bearer ${await tokenFor("alice")}`;
    await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "shed" }));
  });
  afterAll(async () => {
    await server?.close(async () => undefined);
    await backend?.stop();
  });

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { authorization, ...(init.headers as object) } });

  test.each([
    ["REST", "/api/analysis/results/shed"],
    ["tRPC", queryPath("analysis.byId", { id: "shed" })],
    ["a batch", batchPath(Array(3).fill(["analysis.list", {}]))],
    ["what there is not", "/api/nothing"],
  ])("refuses %s in time, in the closed form, and says when to come again", async (_, path) => {
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const start = performance.now();
      const response = await ask(path, { headers: { "x-request-id": "shed-1", "accept-language": "ko" } });
      const answer = await readAnswer(response);
      times.push(performance.now() - start);
      expect(answer).toMatchObject({
        status: 503,
        error: { code: "SERVICE_UNAVAILABLE", request_id: "shed-1", retry_after: 1 },
      });
      expect(answer.error?.message).toMatch(/[가-힣]/);
      const { headers } = response;
      expect(headers.get("retry-after")).toBe("1");
      expect(headers.get("x-request-id")).toBe("shed-1");
      expect(headers.get("content-language")).toBe("ko");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("private, no-store");
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test("lets a page of a listed origin ask, and read when to come again", async () => {
    const asked = { origin: ORIGIN, "access-control-request-method": "GET" };
    const preflight = await ask("/api/analysis/results/shed", { method: "OPTIONS", headers: asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    const { status, headers } = await ask("/api/analysis/results/shed", { headers: { origin: ORIGIN } });
    expect(status).toBe(503);
    expect(headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(headers.get("access-control-expose-headers")).toMatch(/retry-after/i);
    expect(headers.get("vary")).toBe("Origin, accept-language");
    const other = await ask("/api/analysis/results/shed", { headers: { origin: "https://other.example" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("looks at no token, charges no limit, and counts what it refuses", async () => {
    const { shared, tokens } = backend.runtime.services;
    const [visit, verify] = [shared.visit, tokens.verify];
    let work = 0;
    shared.visit = (request) => {
      work++;
      return visit.call(shared, request);
    };
    tokens.verify = (token) => {
      work++;
      return verify.call(tokens, token);
    };
    const shed = async () =>
      Number(/peg_requests_shed_total (\d+)/.exec((await backend.runtime.metrics.read()).text)?.[1]);
    try {
      const before = await shed();
      for (let i = 0; i < 3; i++) expect((await ask("/api/analysis/results")).status).toBe(503);
      expect([work, (await shed()) - before]).toEqual([0, 3]);
    } finally {
      shared.visit = visit;
      tokens.verify = verify;
    }
  });

  test("reads no body: the connection ends with the answer", async () => {
    const socket = await openSocket(url);
    const answer = readToEnd(socket);
    socket.write(
      `POST /trpc/analysis.create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n{`,
    );
    expect(await answer).toMatchObject({ status: 503, closed: true });
    expect((await answer).headers.connection).toBe("close");
    expect((await ask("/api/analysis/results", jsonBody({}))).status).toBe(503);
    const head = await ask("/api/analysis/results", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([503, ""]);
  });

  test.each([
    "/%61pi/analysis/results/shed",
    "/%74rpc/analysis.list",
    "http://x/api/analysis/results/shed",
    "http://x/trpc/analysis.list",
    "/assets/../api/analysis/results/shed",
    "/assets/%2e%2E/api/analysis/results/shed",
    "/analyses/.%2e/trpc/analysis.list",
    "/docs/..\\api/analysis/results/shed",
    "//api/analysis/results/shed",
    "/nothing",
  ])("is not got round by another way to write an address: %s", async (target) => {
    const answer = await sendRaw(
      url,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("More is asked of this") });
  });

  test("still tells that it lives, and shows the page", async () => {
    for (const path of ["/healthz", "/readyz", "/openapi.json"]) expect((await ask(path)).status).toBe(200);
    const page = ["/", "/?a=b", "/index.html", "/upload", "/analyses/a%3Ab..c", "/assets/app-12345678.js"];
    for (const path of [...page, "/docs", "/docs/style.css", "/metrics"])
      expect(await (await ask(path)).text()).not.toContain("More is asked of this");
  });

  test("is asked again by the typed client, which then gets its answer", async () => {
    const client = createPegClient({ url, token: authorization.slice(7) });
    const asked = Promise.all([client.analysis.byId.query({ id: "shed" }), client.analysis.list.query({})]);
    setTimeout(() => {
      full = false;
    }, 100);
    expect((await asked)[0]).toMatchObject({ id: "shed" });
    full = true;
    const error = await client.analysis.delete.mutate({ id: "shed" }).catch((caught: unknown) => caught);
    expect(isPegError(error, "SERVICE_UNAVAILABLE")).toBe(true);
  });
});
