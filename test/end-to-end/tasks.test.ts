import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";

describe.each([
  { kind: "PGlite", here: true },
  { kind: "PostgreSQL", here: hasPostgres },
])("tasks on $kind", ({ kind, here }) => {
  let service: TestAnalysisService;
  let backend: TestBackend;
  let drop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    if (!here) return;
    service = await startAnalysisService();
    const database = kind === "PostgreSQL" ? await createTestDatabase() : undefined;
    drop = database?.drop;
    backend = await startBackend({
      MCP_URL: service.url,
      RATE_LIMIT_GET: "100000/1m",
      RATE_LIMIT_STATUS: "100000/1m",
      GET_DEADLINE_MS: "300",
      ...(database ? { DATABASE_URL: database.url } : {}),
    });
  });
  afterAll(async () => {
    await backend?.stop();
    await service?.stop();
    await drop?.();
  });

  it.skipIf(!here)("computes what `get` with async starts, and answers it then", async () => {
    const peg = await backend.clientOf("anna");
    const { id } = await peg.analysis.create.mutate(sampleAnalysis());
    const started = await peg.pegComparison.get.query({ id, async: true });
    if (started.status === "COMPLETED") throw new Error("nothing is computed yet");
    expect(started).toMatchObject({ success: true, status: "PENDING", progress: 0 });
    let state = await peg.pegComparison.status.query({ id });
    while (state.status !== "COMPLETED" && state.status !== "FAILED") {
      state = await peg.pegComparison.status.query({ id, task_id: started.task_id });
    }
    expect(state).toMatchObject({ task_id: started.task_id, status: "COMPLETED", progress: 100 });
    expect(await peg.pegComparison.get.query({ id, async: true })).toMatchObject({
      status: "COMPLETED",
      cached: true,
    });
  });

  it.skipIf(!here)("makes a task of a `get` that takes too long to be waited for", async () => {
    const peg = await backend.clientOf("anna");
    const { id } = await peg.analysis.create.mutate(sampleAnalysis());
    const release = service.hold();
    const before = service.calls;
    const late = await peg.pegComparison.get.query({ id });
    if (late.status === "COMPLETED") throw new Error("it is held");
    expect(late).toMatchObject({ success: true, status: "PROCESSING" });
    expect((await peg.pegComparison.get.query({ id, async: true })) as object).toMatchObject({
      task_id: late.task_id,
    });
    release();
    let state = await peg.pegComparison.status.query({ id, task_id: late.task_id });
    while (state.status === "PROCESSING") state = await peg.pegComparison.status.query({ id });
    expect(state).toMatchObject({ task_id: late.task_id, status: "COMPLETED", progress: 100 });
    expect(await peg.pegComparison.get.query({ id })).toMatchObject({ status: "COMPLETED", cached: true });
    expect(service.calls - before).toBe(1);
  });

  it.skipIf(!here)("falls back on the synchronous form where the service has no other", async () => {
    service.offerAsync(false);
    const peg = await backend.clientOf("anna");
    const { id } = await peg.analysis.create.mutate(sampleAnalysis());
    const task = await peg.pegComparison.get.query({ id, async: true });
    if (task.status === "COMPLETED") throw new Error("nothing is computed yet");
    let state = await peg.pegComparison.status.query({ id });
    while (state.status !== "COMPLETED" && state.status !== "FAILED") {
      state = await peg.pegComparison.status.query({ id, task_id: task.task_id });
    }
    expect(state.status).toBe("COMPLETED");
    service.offerAsync(true);
  });
});
