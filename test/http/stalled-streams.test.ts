import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pegComparisonTasks } from "../../src/db/schema.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY, queryPath } from "../support/faces.js";
import { openEvents } from "../support/open-stream.js";

/** Far more than any buffer takes before it wants to be drained. */
const MOST_UPDATES = 3_000;
const MORE_UPDATES = 50;
/** Events between what makes them and a socket that takes no more, at most. */
const ON_THE_WAY = 20;

let service: TestAnalysisService;
let backend: TestBackend;
let headers: { authorization: string };

beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({ ...PLENTY, MCP_URL: service.url });
  headers = { authorization: `Bearer ${await tokenFor("alice")}` };
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

/** Opens a stream, and finds the server's side of it. */
async function openBothSides(address: string) {
  let answer: ServerResponse | undefined;
  const begins = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (address.endsWith(request.url ?? "")) answer = response;
  };
  subscribe("http.server.request.start", begins);
  const stream = await openEvents(address, headers);
  unsubscribe("http.server.request.start", begins);
  const socket = answer?.socket;
  if (!answer || !socket) throw new Error("the server has no such answer");
  return { stream, answer, socket };
}

/** How often the state of a task was looked at so far: once for each event, and for none that is not made. */
const looks = () =>
  backend.queries.filter((text) => /^select.*from "peg_comparison_tasks"/.test(text)).length;

/** A task that is held, and a reader who stops reading after its first event. */
async function stalledReader(path: (id: string) => string) {
  const { db, signals } = backend.runtime.services;
  const alice = await backend.clientOf("alice");
  const release = service.hold();
  const { id } = await alice.analysis.create.mutate(sampleAnalysis());
  await alice.pegComparison.get.query({ id, async: true });
  await service.nextCall();
  const { task_id } = await alice.pegComparison.status.query({ id });
  const address = backend.url + path(id);
  const { stream, answer, socket } = await openBothSides(address);
  await stream.events(1);

  /** Moves the task on, and lets it be looked at by whoever wants to. */
  const update = async () => {
    const before = looks();
    await db
      .update(pegComparisonTasks)
      .set({ version: sql`${pegComparisonTasks.version} + 1` })
      .where(eq(pegComparisonTasks.id, task_id));
    signals.emit(`task/${task_id}`);
    for (let turn = 0; turn < 10 && looks() === before; turn++)
      await new Promise((resolve) => setTimeout(resolve, 1));
  };

  // What becomes of a socket whose other side reads no more, once the system's own buffers are full.
  socket.cork();
  let updates = 0;
  for (; !answer.writableNeedDrain && updates < MOST_UPDATES; updates++) await update();
  expect(answer.writableNeedDrain).toBe(true);
  return { address, stream, answer, socket, release, update, updates };
}

describe.each([
  ["REST", (id: string) => `/api/analysis/results/${id}/peg-comparison/events`],
  ["tRPC", (id: string) => queryPath("pegComparison.watch", { id })],
])("a reader that stops reading, over %s,", (_, path) => {
  test("has nothing made for it, slows no other, and goes on with what is newest (T21)", async () => {
    const { address, stream, answer, socket, release, update, updates } = await stalledReader(path);
    const before = looks();
    for (let more = 0; more < MORE_UPDATES; more++) await update();
    expect(looks() - before).toBeLessThan(ON_THE_WAY);
    expect(answer.writableLength).toBeLessThan(2 * answer.writableHighWaterMark);

    const other = await openEvents(address, headers);
    await other.events(1);
    await update();
    await other.events(2);
    release();
    await other.ended;
    socket.uncork();
    await stream.ended;
    const states = stream.all().filter(({ id }) => id !== undefined);
    expect(states.at(-1)?.data).toEqual(other.all().findLast(({ id }) => id !== undefined)?.data);
    expect(states.at(-1)?.data).toMatchObject({ status: "COMPLETED" });
    expect(states.length).toBeLessThan(updates + ON_THE_WAY);
    const versions = states.map(({ id }) => Number(id?.split(":")[1]));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });

  test("gives its place back when it goes (T21, T25)", async () => {
    const { streams } = backend.runtime.services;
    const { stream, release } = await stalledReader(path);
    expect(streams.open).toBe(1);
    stream.close();
    await expect.poll(() => streams.open, { timeout: 10_000 }).toBe(0);
    release();
  });
});
