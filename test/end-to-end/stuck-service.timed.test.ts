import { setMaxListeners } from "node:events";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";

const QUESTIONS = 60;

let service: TestAnalysisService;
let backend: TestBackend;

beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({
    ...PLENTY,
    MCP_URL: service.url,
    MCP_RETRIES: "1",
    MCP_MAX_CONNECTIONS: "5",
  });
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

test("U12: an analysis service that is stuck leaves health, cached answers and states of tasks as quick as ever", async () => {
  const owner = await backend.clientOf("owner", { scope: "peg:admin" });
  const { id: cachedId } = await owner.analysis.create.mutate(sampleAnalysis());
  await owner.pegComparison.get.query({ id: cachedId });
  const task = await owner.pegComparison.recompute.mutate({ id: cachedId });
  await vi.waitFor(async () => {
    const { status } = await owner.pegComparison.status.query({ id: cachedId, task_id: task.task_id });
    expect(status).toBe("COMPLETED");
  });
  await owner.pegComparison.get.query({ id: cachedId });
  const ids = await Promise.all(
    Array.from({ length: 30 }, async () => (await owner.analysis.create.mutate(sampleAnalysis())).id),
  );
  /** How long of many questions that nobody has to be asked for the middle one takes, and the slowest but two. */
  const ask = async (): Promise<{ middle: number; slow: number }> => {
    const took: number[] = [];
    for (let i = 0; i < QUESTIONS; i++) {
      const began = performance.now();
      if (i % 3 === 0) await fetch(`${backend.url}/healthz`);
      if (i % 3 === 1) await owner.pegComparison.get.query({ id: cachedId });
      if (i % 3 === 2) await owner.pegComparison.status.query({ id: cachedId, task_id: task.task_id });
      took.push(performance.now() - began);
    }
    took.sort((a, b) => a - b);
    return { middle: took[QUESTIONS / 2] as number, slow: took[QUESTIONS - 3] as number };
  };
  await ask();
  const before = await ask();
  service.misbehaveAlways(() => undefined);
  const left = new AbortController();
  setMaxListeners(0, left.signal);
  let refused = 0;
  const stuck = ids.map((id) =>
    owner.pegComparison.get.query({ id }, { signal: left.signal }).catch(() => void refused++),
  );
  // Five are asked for, five wait in line.
  await vi.waitFor(() => expect(refused).toBe(20), { timeout: 30_000 });
  const meanwhile = await ask();
  expect(refused).toBe(20);
  left.abort();
  await Promise.all(stuck);
  // What else the machine does may have begun or ended since: of the two, the slower counts.
  const after = await ask();
  expect(meanwhile.middle).toBeLessThan(3 * Math.max(before.middle, after.middle) + 20);
  expect(meanwhile.slow).toBeLessThan(5 * Math.max(before.slow, after.slow) + 100);
});
