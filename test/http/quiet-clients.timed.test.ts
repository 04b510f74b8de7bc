import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";
import { openSocket } from "../support/raw-request.js";

const IDLE = 1_000;
const PATIENT = { timeout: 20_000 };

setFlagsFromString("--expose_gc");
const collectGarbage = runInNewContext("gc") as () => void;

let backend: TestBackend;
let authorization: string;

beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice")}`;
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "slow" }));
});
afterAll(() => backend?.stop());

/** The slowest but one of a hundred answers, in ms. */
async function slowAnswerMs(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    const response = await fetch(`${backend.url}/api/analysis/results/slow`, { headers: { authorization } });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b).at(-2) ?? 0;
}

test(`${IDLE} idle connections slow no one (R13)`, async () => {
  await slowAnswerMs();
  const alone = await slowAnswerMs();
  const idle: Socket[] = [];
  for (let i = 0; i < IDLE; i += 100) {
    idle.push(...(await Promise.all(Array.from({ length: 100 }, () => openSocket(backend.url)))));
  }
  try {
    expect(await slowAnswerMs()).toBeLessThan(2 * alone + 50);
  } finally {
    for (const socket of idle) socket.destroy();
  }
});

/** Watches the answers that the server begins, until it is told to stop. */
function watchAnswers() {
  const answers: WeakRef<object>[] = [];
  const begins = (message: unknown) =>
    void answers.push(new WeakRef((message as { response: ServerResponse }).response));
  subscribe("http.server.request.start", begins);
  return {
    begun: () => answers.length,
    /** How many of them anything still holds. */
    kept() {
      collectGarbage();
      return answers.filter((answer) => answer.deref()).length;
    },
    stop: () => void unsubscribe("http.server.request.start", begins),
  };
}

test("a reader that stops reading slows no one, and its going is noticed (R13)", async () => {
  const socket = await openSocket(backend.url);
  socket.pause();
  const answers = watchAnswers();
  // Far more than the buffers of both sides take, so that most of it waits here.
  socket.write("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
  await expect.poll(answers.begun, PATIENT).toBe(1_000);
  answers.stop();
  expect(await slowAnswerMs()).toBeLessThan(1_000);
  expect(answers.kept()).toBeGreaterThan(100);
  socket.destroy();
  await expect.poll(answers.kept, PATIENT).toBe(0);
  expect((await fetch(`${backend.url}/healthz`)).status).toBe(200);
});

test("a connection that goes on keeps none of the answers that it had (R13)", async () => {
  const socket = await openSocket(backend.url);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  const ask = async (times: number) => {
    text = "";
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(times));
    await expect.poll(() => text.split("HTTP/1.1 200").length - 1, PATIENT).toBe(times);
  };
  const answers = watchAnswers();
  await ask(100);
  answers.stop();
  await vi.waitFor(async () => {
    // Node keeps the last one for as long as nothing comes after it.
    await ask(1);
    expect(answers.kept()).toBe(0);
  }, PATIENT);
  expect(socket.destroyed).toBe(false);
  socket.destroy();
});
