import { afterEach, describe, expect, test, vi } from "vitest";
import { createPegClient, isPegError, type PegClient } from "../../src/client/index.js";
import { ERROR_CODES } from "../../src/contract/errors.js";
import { sampleAnalysis } from "../support/backend.js";
import {
  breakOff,
  type FaultyServer,
  hangUp,
  refuse,
  refuseOnly,
  startFaultyServer,
  type Treatment,
} from "./faulty-server.js";

const PASSING = ["SERVICE_UNAVAILABLE", "MCP_CONNECTION_FAILED"] as const;
const LASTING = ERROR_CODES.filter((code) => !PASSING.some((passing) => passing === code));

let server: FaultyServer | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await server?.stop();
  server = undefined;
});

/** A client of a server that meets its first requests as told. */
async function facing(...first: Treatment[]): Promise<{ peg: PegClient; seen: FaultyServer["seen"] }> {
  server = await startFaultyServer(...first);
  return { peg: createPegClient({ url: server.url, token: "t" }), seen: server.seen };
}

const ask = (peg: PegClient) => peg.analysis.byId.query({ id: "a" });
const times = (count: number, treatment: Treatment) => Array.from({ length: count }, () => treatment);
const pauses = (seen: FaultyServer["seen"]) =>
  seen.slice(1).map(({ atMs }, i) => atMs - (seen[i]?.atMs ?? Number.NaN));

describe("a query is asked again", () => {
  test.each([
    ["the connection ends without an answer", hangUp],
    ["the answer breaks off", breakOff],
    ...PASSING.map((code): [string, Treatment] => [`the answer is ${code}`, refuse(code)]),
  ])("where %s, twice", async (_, treatment) => {
    const { peg, seen } = await facing(...times(2, treatment));
    expect(await ask(peg)).toEqual({ found: true });
    expect(seen).toHaveLength(3);
  });

  test("no more than twice", async () => {
    const { peg, seen } = await facing(...times(3, hangUp));
    await expect(ask(peg)).rejects.toThrow("fetch failed");
    expect(seen).toHaveLength(3);
  });

  test("and fails as the last answer says", async () => {
    const { peg } = await facing(hangUp, refuse("MCP_CONNECTION_FAILED"), refuse("SERVICE_UNAVAILABLE"));
    await expect(ask(peg)).rejects.toSatisfy((error) => isPegError(error, "SERVICE_UNAVAILABLE"));
  });

  test("after pauses that grow", async () => {
    const { peg, seen } = await facing(...times(2, hangUp));
    await ask(peg);
    const [first = 0, second = 0] = pauses(seen);
    expect(first).toBeGreaterThan(70);
    expect(second).toBeGreaterThan(290);
  });

  test.each([
    [0, [75, 300]],
    [0.5, [100, 400]],
    [1, [125, 500]],
  ])("at another time by each client: drawn %d, after %j ms", async (drawn, expected) => {
    vi.spyOn(Math, "random").mockReturnValue(drawn);
    const { peg } = await facing(...times(2, hangUp));
    const timers = vi.spyOn(globalThis, "setTimeout");
    await ask(peg);
    const waited = timers.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => expected.includes(ms));
    expect(waited).toEqual(expected);
  });

  test("no earlier than the answer asks for", async () => {
    const { peg, seen } = await facing(refuse("SERVICE_UNAVAILABLE", 1));
    await ask(peg);
    const [first = 0] = pauses(seen);
    expect(first).toBeGreaterThanOrEqual(1_000);
  });

  test("together with those that failed with it, and without those that did not", async () => {
    const { peg, seen } = await facing(hangUp, refuseOnly("pegComparison.status", "SERVICE_UNAVAILABLE"));
    const all = [ask(peg), peg.pegComparison.status.query({ id: "a" }), peg.analysis.list.query({})];
    expect(await Promise.all(all)).toEqual(times(3, () => undefined).map(() => ({ found: true })));
    // In which order they stand in the batch is promised to nobody.
    const batch = ["analysis.byId", "analysis.list", "pegComparison.status"];
    expect(seen.map(({ calls }) => calls.toSorted())).toEqual([batch, batch, ["pegComparison.status"]]);
  });
});

describe("a query is not asked again", () => {
  test.each(LASTING)("where the answer is %s", async (code) => {
    const { peg, seen } = await facing(refuse(code));
    await expect(ask(peg)).rejects.toSatisfy((error) => isPegError(error, code));
    expect(seen).toHaveLength(1);
  });

  test.each(PASSING)("where %s asks for a longer wait", async (code) => {
    const { peg, seen } = await facing(refuse(code, 3));
    await expect(ask(peg)).rejects.toSatisfy((error) => isPegError(error, code));
    expect(seen).toHaveLength(1);
  });

  test("where the limit is used up, however short the wait", async () => {
    const { peg, seen } = await facing(refuse("API_RATE_LIMIT_EXCEEDED", 1));
    await expect(ask(peg)).rejects.toSatisfy((error) => isPegError(error, "API_RATE_LIMIT_EXCEEDED"));
    expect(seen).toHaveLength(1);
  });

  test("where something else answers", async () => {
    const { peg, seen } = await facing((response) => response.writeHead(502).end("<html>502</html>"));
    await expect(ask(peg)).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });

  test("where the caller gives up while it is under way", async () => {
    const controller = new AbortController();
    const { peg, seen } = await facing(() => controller.abort());
    await expect(peg.analysis.byId.query({ id: "a" }, { signal: controller.signal })).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });

  test("where the caller gives up in the pause", async () => {
    const controller = new AbortController();
    server = await startFaultyServer(hangUp);
    const fetch: typeof globalThis.fetch = (input, init) =>
      globalThis.fetch(input, init).catch((error: unknown) => {
        // When the client has heard of it, and waits.
        setImmediate(() => controller.abort());
        throw error;
      });
    const peg = createPegClient({ url: server.url, token: "t", fetch });
    await expect(peg.analysis.byId.query({ id: "a" }, { signal: controller.signal })).rejects.toThrow();
    expect(server.seen).toHaveLength(1);
  });

  test("where the caller has left before it was asked, whoever asks in the same turn", async () => {
    const { peg, seen } = await facing();
    const signal = AbortSignal.abort(new Error("not any more"));
    const left = peg.analysis.byId.query({ id: "left" }, { signal }).catch((error: Error) => error.cause);
    expect(await ask(peg)).toEqual({ found: true });
    expect(await left).toBe(signal.reason);
    expect(seen.map(({ calls }) => calls)).toEqual([["analysis.byId"]]);
  });

  test("where the caller leaves one of a batch in the pause: that ends at once, the others go on without it", async () => {
    const controller = new AbortController();
    const { peg, seen } = await facing(refuse("SERVICE_UNAVAILABLE"));
    const left = peg.analysis.byId
      .query({ id: "left" }, { signal: controller.signal })
      .catch((error: Error) => {
        expect(seen).toHaveLength(1);
        return error.cause;
      });
    const stayed = Promise.all([ask(peg), peg.permission.own.query({ id: "a" })]);
    await expect.poll(() => seen.length).toBe(1);
    controller.abort();
    expect(await left).toBe(controller.signal.reason);
    expect(await stayed).toEqual([{ found: true }, { found: true }]);
    expect(seen.map(({ calls }) => calls)).toEqual([
      ["analysis.byId", "analysis.byId", "permission.own"],
      ["analysis.byId", "permission.own"],
    ]);
  });

  test("where no token can be had", async () => {
    const { seen } = await facing();
    const token = vi.fn(() => Promise.reject(new Error("the session is over")));
    const peg = createPegClient({ url: server?.url ?? "", token });
    await expect(ask(peg)).rejects.toThrow("the session is over");
    expect([token.mock.calls.length, seen.length]).toEqual([1, 0]);
  });
});

describe("a mutation is sent once", () => {
  test.each([
    ["the connection ends without an answer", hangUp],
    ["the answer breaks off", breakOff],
    ...PASSING.map((code): [string, Treatment] => [`the answer is ${code}`, refuse(code)]),
  ])("where %s", async (_, treatment) => {
    const { peg, seen } = await facing(treatment);
    await expect(peg.analysis.create.mutate(sampleAnalysis())).rejects.toThrow();
    expect(seen.map(({ method }) => method)).toEqual(["POST"]);
  });
});
