import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { PoolUse } from "../../src/db/pool-use.js";
import { watchEventLoop } from "../../src/http/overload.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY, readAnswer } from "../support/faces.js";
import { openSocket } from "../support/raw-request.js";

/** More than may wait whatever happens. */
const CONNECTIONS = 150;
/** Looks at how many wait, a tenth of a second or more apart: five in a row are enough. */
const MAX_TURNS = 30;
const TOO_MUCH = "more is asked than can be answered: some requests are refused";
const ADDRESS = "/api/analysis/results/shed";

let backend: TestBackend;
let authorization: string;
let lines: string[] = [];

beforeAll(async () => {
  const note = (_: object, message: string) => void lines.push(message);
  backend = await startBackend(PLENTY, { logger: { debug: note, info: note, warn: note, error: note } });
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "shed" }));
});
afterAll(() => backend?.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Leaves the event loop no rest, and lets everything else run. @returns what ends it */
function spin(): () => void {
  let spinning = true;
  const turn = () => void (spinning && setImmediate(turn));
  turn();
  return () => {
    spinning = false;
  };
}

/** As if more statements ran than there are connections, in a process that has nothing to do. @returns what ends it */
function wantConnections(): () => void {
  const pool: PoolUse = backend.runtime.database.pool;
  const wanted = pool.size + 1;
  pool.inUse += wanted;
  const atRest = vi
    .spyOn(performance, "eventLoopUtilization")
    .mockReturnValue({ idle: 1, active: 0, utilization: 0 });
  return () => {
    atRest.mockRestore();
    pool.inUse -= wanted;
  };
}

test("an event loop is busy while it has no rest, and at no other time", async () => {
  const isBusy = watchEventLoop();
  for (let turn = 0; turn < 2; turn++) {
    const rest = spin();
    await pause(50);
    expect(isBusy()).toBe(true);
    rest();
    // A busy machine may leave this process no rest for a while.
    await expect.poll(isBusy, { interval: 200, timeout: 20_000 }).toBe(false);
  }
});

test.each([
  ["its event loop has no rest", spin],
  ["all connections to its database are wanted", wantConnections],
])("a server as it is started refuses what is too much while %s (F4)", async (_, hold) => {
  const { runtime, url } = backend;
  const { tokens } = runtime.services;
  const ask = () => fetch(url + ADDRESS, { headers: { authorization } });
  const shed = async () =>
    Number(/peg_requests_shed_total (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
  lines = [];
  const before = await shed();
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { verify } = tokens;
  const verifying = vi.spyOn(tokens, "verify").mockImplementation(async (token) => {
    await held;
    return verify.call(tokens, token);
  });
  const sockets: Socket[] = [];
  const release = hold();
  try {
    while (sockets.length < CONNECTIONS) sockets.push(await openSocket(url));
    for (let turn = 0; turn < MAX_TURNS && !lines.includes(TOO_MUCH); turn++) {
      // All of them again now and then, since who asked long ago waits for something else; one has it look.
      for (const socket of turn % 4 ? sockets.slice(0, 1) : sockets)
        socket.write(`GET ${ADDRESS} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`);
      await pause(100);
    }
    expect(lines).toContain(TOO_MUCH);
    const refusal = await ask();
    expect(refusal.status).toBe(503);
    expect(Object.fromEntries(refusal.headers)).toMatchObject({
      "retry-after": "1",
      "cache-control": "private, no-store",
      "x-request-id": expect.any(String),
    });
    expect((await readAnswer(refusal)).error).toMatchObject({ code: "SERVICE_UNAVAILABLE", retry_after: 1 });
    expect(await shed()).toBeGreaterThan(before);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  } finally {
    release();
    answer();
    verifying.mockRestore();
    for (const socket of sockets) socket.destroy();
  }
  await vi.waitFor(
    async () => {
      expect((await ask()).status).toBe(200);
      expect(lines).toContain("all requests are answered again");
    },
    { interval: 100, timeout: 20_000 },
  );
});
