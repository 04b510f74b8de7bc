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
  /** How long the middle one of many questions takes that nobody has to be asked for. */
  const middle = async (): Promise<number> => {
    const took: number[] = [];
    for (let i = 0; i < QUESTIONS; i++) {
      const began = performance.now();
      if (i % 3 === 0) await fetch(`${backend.url}/healthz`);
      if (i % 3 === 1) await owner.pegComparison.get.query({ id: cachedId });
      if (i % 3 === 2) await owner.pegComparison.status.query({ id: cachedId, task_id: task.task_id });
      took.push(performance.now() - began);
    }
    return took.sort((a, b) => a - b)[QUESTIONS / 2] as number;
  };
  await middle();
  const before = await middle();
  service.misbehaveAlways(() => undefined);
  const left = new AbortController();
  setMaxListeners(0, left.signal);
  let refused = 0;
  const stuck = ids.map((id) =>
    owner.pegComparison.get.query({ id }, { signal: left.signal }).catch(() => void refused++),
  );
  // Five are asked for, five wait in line.
  await vi.waitFor(() => expect(refused).toBe(20), { timeout: 30_000 });
  const meanwhile = await middle();
  expect(refused).toBe(20);
  left.abort();
  await Promise.all(stuck);
  // What else the machine does may have begun or ended since: of the two, the slower counts.
  expect(meanwhile).toBeLessThan(3 * Math.max(before, await middle()) + 20);
});
