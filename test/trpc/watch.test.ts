import { getEventListeners } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createPegClient } from "../../src/client/index.js";
import { STAGES } from "../../src/domain/comparison/progress.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { type OpenStream, openEvents, openStream } from "../support/open-stream.js";
import { watch } from "../support/task-processes.js";
import { within } from "../support/within.js";

/** In which a stream ends whose reader may read no more. */
const PROMISED_MS = 5_000;

const clock = { ms: Date.UTC(2026, 0, 1) };
let service: TestAnalysisService;
let backend: TestBackend;
let lines: string[] = [];
const streams: OpenStream[] = [];

beforeAll(async () => {
  service = await startAnalysisService();
  const note = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`);
  backend = await startBackend(
    {
      MCP_URL: service.url,
      RATE_LIMIT_GET: "100000/1m",
      RATE_LIMIT_STATUS: "100000/1m",
      RATE_LIMIT_ALL: "100000/1h",
    },
    { clock: { now: () => clock.ms }, logger: { debug: note, info: note, warn: note, error: note } },
  );
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
  lines = [];
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

const clientOf = (user: string, expiresInSeconds = 3600) =>
  backend.clientOf(user, { now: clock.ms, expiresInSeconds });

/** A task that is held in the midst of being computed. */
async function heldTask(owner: string) {
  const peg = await clientOf(owner);
  const release = service.hold();
  const { id } = await peg.analysis.create.mutate(sampleAnalysis());
  await peg.pegComparison.get.query({ id, async: true });
  await service.nextCall();
  return { peg, id, release };
}

async function streamOf(id: string, user: string, headers: Record<string, string> = {}): Promise<OpenStream> {
  const token = await tokenFor(user, { now: clock.ms });
  const stream = await openStream(backend.url, id, { authorization: `Bearer ${token}`, ...headers });
  streams.push(stream);
  return stream;
}

const openPlaces = () => backend.runtime.services.signals.size;
async function until(look: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !look(); turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(look()).toBe(true);
}

describe("watch", () => {
  test("tells the present state first and the terminal one last, which `status` tells too", async () => {
    const { peg, id, release } = await heldTask("anna");
    const watched = watch(peg, id);
    await watched.until(({ status }) => status === "PROCESSING");
    expect(watched.states[0]).toMatchObject({ status: "PROCESSING" });
    service.tellProgress(50);
    await watched.until(({ progress }) => progress >= 55);
    release();
    await watched.ended;
    expect(watched.states.at(-1)).toEqual(await peg.pegComparison.status.query({ id }));
    // Of a task that has ended it is the only one.
    const late = watch(peg, id);
    await late.ended;
    expect(late.states).toEqual([watched.states.at(-1)]);
    service.tellProgress(0);
  });

  test("resumes after the event that was seen last: nothing twice, nothing older (T20)", async () => {
    const { peg, id, release } = await heldTask("anna");
    const first = await streamOf(id, "anna");
    const [event] = await first.events(1);
    first.close();
    const resumed = await streamOf(id, "anna", { "last-event-id": event?.id ?? "" });
    release();
    await resumed.ended;
    const seen = resumed.all().filter(({ id }) => id !== undefined);
    expect(seen.map((one) => one.id)).not.toContain(event?.id);
    expect(seen.at(-1)?.data).toMatchObject({ status: "COMPLETED" });
    // Whoever has seen the last one gets nothing more.
    const done = await streamOf(id, "anna", { "last-event-id": seen.at(-1)?.id ?? "" });
    await done.ended;
    expect(done.all().filter(({ id }) => id !== undefined)).toEqual([]);
    await peg.analysis.delete.mutate({ id });
  });

  test.each(["x", "%00", "00000000-0000-4000-8000-000000000000:5", "-1:-1", "9".repeat(99)])(
    "takes the forged event id %s for none (T20)",
    async (forged) => {
      const { id, release } = await heldTask("anna");
      const stream = await streamOf(id, "anna", { "last-event-id": forged });
      const [event] = await stream.events(1);
      expect(event?.data).toMatchObject({ status: "PROCESSING" });
      release();
      await stream.ended;
      expect(stream.all().at(-1)?.event).toBe("return");
    },
  );

  test("takes an id of the future, or of somebody else's task, under the same permission (T20)", async () => {
    const { id, release } = await heldTask("anna");
    release();
    const mine = await streamOf(id, "anna");
    await mine.ended;
    const [taskId] = (mine.all().find((event) => event.id)?.id ?? "").split(":");
    const future = await streamOf(id, "anna", { "last-event-id": `${taskId}:999999999` });
    await future.ended;
    expect(future.all().at(-1)?.event).toBe("return");
    const foreign = await heldTask("bert");
    const stream = await streamOf(foreign.id, "bert", { "last-event-id": `${taskId}:1` });
    const [event] = await stream.events(1);
    expect(event?.id?.startsWith(taskId ?? "")).toBe(false);
    foreign.release();
    await stream.ended;
    const stolen = await streamOf(foreign.id, "anna", { "last-event-id": event?.id ?? "" });
    await stolen.ended;
    expect(stolen.all().at(-1)?.data).toMatchObject({ data: { error: { code: "PERMISSION_DENIED" } } });
  });

  test("ends when the permission does, with an error and no further event (T19)", async () => {
    const { peg, id, release } = await heldTask("anna");
    await peg.permission.grant.mutate({ id, user_id: "guest", permission_type: "read" });
    const guest = watch(await clientOf("guest"), id);
    // The last step that the task takes by itself: whatever came later would come after the revoke.
    await guest.until(({ progress }) => progress >= STAGES.sent);
    const seen = guest.states.length;
    await peg.permission.revoke.mutate({ id, user_id: "guest", permission_type: "read" });
    service.tellProgress(70);
    await expect(within(PROMISED_MS, guest.ended)).rejects.toMatchObject({
      data: { error: { code: "PERMISSION_DENIED" } },
    });
    expect(guest.states).toHaveLength(seen);
    service.tellProgress(0);
    release();
  });

  test.each([
    ["tRPC", (id: string, headers: Record<string, string>) => openStream(backend.url, id, headers)],
    [
      "REST",
      (id: string, headers: Record<string, string>) =>
        openEvents(`${backend.url}/api/analysis/results/${id}/peg-comparison/events`, headers),
    ],
  ])("is named in the log with all that a call is, where it ends early: %s", async (face, open) => {
    const { peg, id, release } = await heldTask("anna");
    await peg.permission.grant.mutate({ id, user_id: "guest", permission_type: "read" });
    const authorization = `Bearer ${await tokenFor("guest", { now: clock.ms })}`;
    const request_id = `early-${face}`;
    const stream = await open(id, { authorization, "x-request-id": request_id });
    streams.push(stream);
    await stream.events(1);
    await peg.permission.revoke.mutate({ id, user_id: "guest", permission_type: "read" });
    await stream.ended;
    const told = lines.filter((line) => line.includes(request_id) && line.endsWith(" a stream ended early"));
    expect(told.map((line) => JSON.parse(line.slice(0, line.lastIndexOf("}") + 1)))).toEqual([
      {
        event: "peg_comparison_error",
        request_id,
        procedure: "pegComparison.watch",
        user_id: expect.stringMatching(/^u_[0-9a-f]{16}$/),
        analysis_id: id,
        error_type: "PERMISSION_DENIED",
        error_message: expect.any(String),
      },
    ]);
    release();
  });

  test("ends when the grant runs out, which nobody announces (T19)", async () => {
    const { peg, id, release } = await heldTask("anna");
    const expires_at = new Date(clock.ms + 60_000);
    await peg.permission.grant.mutate({ id, user_id: "guest", permission_type: "read", expires_at });
    const guest = watch(await clientOf("guest"), id);
    await guest.until(({ status }) => status === "PROCESSING");
    clock.ms += 60_000;
    await expect(within(PROMISED_MS, guest.ended)).rejects.toMatchObject({
      data: { error: { code: "PERMISSION_DENIED" } },
    });
    release();
  });

  test("ends when the token expires, and the typed client goes on with a new one (T19)", async () => {
    const { id, release } = await heldTask("anna");
    const stream = await openStream(backend.url, id, {
      authorization: `Bearer ${await tokenFor("anna", { now: clock.ms, expiresInSeconds: 60 })}`,
    });
    streams.push(stream);
    await stream.events(1);
    let asked = 0;
    const renewed = createPegClient({
      url: backend.url,
      token: () => {
        asked++;
        return tokenFor("anna", { now: clock.ms, expiresInSeconds: 60 });
      },
    });
    const watched = watch(renewed, id);
    await watched.until(({ status }) => status === "PROCESSING");
    clock.ms += 60_000;
    await within(PROMISED_MS, stream.ended);
    expect(stream.all().at(-1)?.data).toMatchObject({
      data: { code: "UNAUTHORIZED", error: { code: "API_AUTHENTICATION_ERROR" } },
    });
    await until(() => asked === 2);
    release();
    await watched.ended;
    expect(watched.states.at(-1)).toMatchObject({ status: "COMPLETED" });
    expect(new Set(watched.ids).size).toBe(watched.ids.length);
  });

  test("costs nothing once its reader is gone (T18, T21)", async () => {
    const before = openPlaces();
    const { id, release } = await heldTask("carl");
    for (let cycle = 0; cycle < 20; cycle++) {
      const open = await Promise.all(Array.from({ length: 5 }, () => streamOf(id, "carl")));
      const first = await Promise.all(open.map((stream) => stream.events(1)));
      for (const [event] of first) expect(event?.data).toMatchObject({ status: "PROCESSING" });
      for (const stream of open) stream.close();
      await until(() => openPlaces() === before);
    }
    release();
  });

  test("leaves nothing behind on the signal that outlives it, that the server stops", async () => {
    const { stopping } = backend.runtime.services;
    // Signals that are made of it count there; Node keeps each of them.
    const dependants = () => {
      const symbol = Object.getOwnPropertySymbols(stopping).find(({ description }) =>
        description?.includes("DependantSignals"),
      );
      const known = symbol && (stopping as unknown as Record<symbol, { size: number } | null>)[symbol];
      return known?.size ?? 0;
    };
    const places = openPlaces();
    const { id, release } = await heldTask("dora");
    const before = dependants();
    for (let turn = 0; turn < 3; turn++) {
      const stream = await streamOf(id, "dora");
      await stream.events(1);
      stream.close();
    }
    release();
    await until(() => openPlaces() <= places);
    expect(dependants()).toBe(before);
    expect(getEventListeners(stopping, "abort")).toEqual([]);
  });

  test("is open five times for a user and no more; a place that is left is free at once (T22)", async () => {
    const { id, release } = await heldTask("dora");
    const open = await Promise.all(Array.from({ length: 5 }, () => streamOf(id, "dora")));
    await Promise.all(open.map((stream) => stream.events(1)));
    const sixth = await streamOf(id, "dora");
    await sixth.ended;
    expect(sixth.all().at(-1)?.data).toMatchObject({
      data: { httpStatus: 429, error: { code: "API_RATE_LIMIT_EXCEEDED", retry_after: 10 } },
    });
    const before = openPlaces();
    open[0]?.close();
    await until(() => openPlaces() <= before);
    for (let turn = 0; ; turn++) {
      const again = await streamOf(id, "dora");
      const [event] = await again.events(1);
      if (event?.event !== "serialized-error") break;
      expect(turn).toBeLessThan(100);
    }
    release();
  });

  test("is the thousandth that one process holds, and beyond that is refused, whoever asks (T22)", async () => {
    const { id, release } = await heldTask("anna");
    const { streams } = backend.runtime.services;
    await until(() => streams.open === 0);
    streams.open += 999;
    const thousandth = await streamOf(id, "anna");
    const [event] = await thousandth.events(1);
    expect(event?.data).toMatchObject({ status: "PROCESSING" });
    const refused = await streamOf(id, "anna");
    const [refusal] = await refused.events(1);
    expect(refusal?.data).toMatchObject({ data: { error: { code: "API_RATE_LIMIT_EXCEEDED" } } });
    thousandth.close();
    await until(() => streams.open === 999);
    streams.open -= 999;
    release();
  });

  test("takes no token from the address, and tells no log of it (T23)", async () => {
    const { id, release } = await heldTask("anna");
    const token = await tokenFor("anna", { now: clock.ms });
    const params = encodeURIComponent(JSON.stringify({ authorization: `Bearer ${token}`, token }));
    const refused = await openStream(backend.url, id, {}, `&connectionParams=${params}`);
    await refused.ended;
    expect(refused.all().at(-1)?.data).toMatchObject({
      data: { error: { code: "API_AUTHENTICATION_ERROR" } },
    });
    expect(lines.join("\n")).not.toContain(token);
    for (const malformed of ["{", "1", '"x"', "[]"]) {
      const query = `&connectionParams=${encodeURIComponent(malformed)}`;
      const stream = await openStream(backend.url, id, {}, query);
      await stream.ended;
      expect(stream.text()).not.toContain("COMPLETED");
    }
    expect((await fetch(`${backend.url}/healthz`)).status).toBe(200);
    release();
  });
});
