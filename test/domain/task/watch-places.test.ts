import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pegComparisonTasks } from "../../../src/db/schema.js";
import { startTask } from "../../../src/domain/task/start-task.js";
import { type TaskEvent, watchComparison } from "../../../src/domain/task/watch-comparison.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";
import { createPlayService, gate } from "./play-service.js";

const MAX_STREAMS = 5;
const MAX_STREAMS_HERE = 1_000;

let world: TestWorld;
let held: ReturnType<typeof gate>;
let id: string;
let taskId: string;
let left: AbortController;

beforeEach(async () => {
  const service = createPlayService();
  held = gate();
  service.script(async () => {
    await held.opened;
    throw new Error("nobody waits for it");
  });
  const embedded = DATABASES.find(({ kind }) => kind === "PGlite");
  if (!embedded) throw new Error("every machine has it");
  world = await embedded.open(service);
  const key = await storeAnalysis(world.services);
  id = key.analysisId;
  const task = await startTask(world.services, key, "request");
  if (!task) throw new Error("it is stored already");
  taskId = task.id;
  left = new AbortController();
});
afterEach(async () => {
  vi.restoreAllMocks();
  left.abort();
  held.open();
  await world.close();
});

function watch(lastEventId?: string): AsyncGenerator<TaskEvent> {
  const input = lastEventId === undefined ? { id } : { id, lastEventId };
  return watchComparison({ ctx: contextOf(world.services), input, signal: left.signal });
}

/** The id of an event before the first one of the same stream. */
async function streamOf(stream: AsyncGenerator<TaskEvent>) {
  const { value } = await stream.next();
  const streamId = String(value?.id).split(":")[2] as string;
  return { streamId, before: `${taskId}:0:${streamId}` };
}

test("a stream that goes on in a full process takes the place of the one that it replaces, and a new one none", async () => {
  const { streams } = world.services;
  const lost = watch();
  const { before } = await streamOf(lost);
  streams.open += MAX_STREAMS_HERE - 1;
  const resumed = watch(before);
  expect((await resumed.next()).value?.state.task_id).toBe(taskId);
  await expect(lost.next()).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(watch().next()).rejects.toMatchObject({ code: "API_RATE_LIMIT_EXCEEDED" });
  streams.open -= MAX_STREAMS_HERE - 1;
  await resumed.return(undefined);
  expect(streams.open).toBe(0);
});

test("a stream keeps its place though another process has given it away", async () => {
  const { services, db } = world;
  const { userId } = contextOf(services).actor;
  const stream = watch();
  const { streamId } = await streamOf(stream);
  await services.shared.dropStream({ userId, streamId });
  const others = Array.from({ length: MAX_STREAMS }, (_, i) => ({ userId, streamId: `other-${i}` }));
  for (const other of others) await services.shared.holdStream({ ...other, max: MAX_STREAMS, ttlMs: 60_000 });
  await expect(watch().next()).rejects.toMatchObject({ code: "API_RATE_LIMIT_EXCEEDED" });

  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() + 20_000);
  await db.update(pegComparisonTasks).set({ version: sql`${pegComparisonTasks.version} + 1` });
  services.signals.emit(`task/${taskId}`);
  expect((await stream.next()).value?.state.task_id).toBe(taskId);
  const next = { userId, streamId: "next", max: MAX_STREAMS + 1, ttlMs: 60_000 };
  expect(await services.shared.holdStream(next)).toBe(false);
  await stream.return(undefined);
});
