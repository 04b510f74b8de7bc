import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";
import { openSocket } from "../support/raw-request.js";

const IDLE = 1_000;

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

test("a reader that stops reading slows no one, and its going is noticed (R13)", async () => {
  const socket = await openSocket(backend.url);
  socket.pause();
  const request = `GET /api/analysis/results/slow HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`;
  socket.write(request.repeat(2_000));
  expect(await slowAnswerMs()).toBeLessThan(1_000);
  socket.destroy();
  expect((await fetch(`${backend.url}/healthz`)).status).toBe(200);
});
