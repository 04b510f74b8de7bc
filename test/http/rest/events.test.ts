import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../../support/backend.js";
import { heldTask } from "../../support/held-task.js";
import { type OpenStream, openEvents } from "../../support/open-stream.js";

let service: TestAnalysisService;
let backend: TestBackend;
const streams: OpenStream[] = [];

beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({
    MCP_URL: service.url,
    RATE_LIMIT_GET: "1000/1m",
    RATE_LIMIT_STATUS: "1000/1m",
  });
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
  service.tellProgress(0);
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

const address = (id: string, query = "") =>
  `${backend.url}/api/analysis/results/${id}/peg-comparison/events${query}`;

async function eventsOf(id: string, user: string, lastEventId?: string): Promise<OpenStream> {
  const headers = { authorization: `Bearer ${await tokenFor(user)}` };
  const stream = await openEvents(address(id), {
    ...headers,
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  });
  streams.push(stream);
  return stream;
}

describe("the events of a task over plain HTTP", () => {
  test("tell the present state first, each change, and the final state last, as `status` tells it", async () => {
    const { id, release } = await heldTask(backend, service, "anna");
    const stream = await eventsOf(id, "anna");
    const [first] = await stream.events(1);
    expect(first).toMatchObject({ event: "message", data: { success: true, status: "PROCESSING" } });
    service.tellProgress(50);
    await stream.events(2);
    release();
    await stream.ended;
    const all = stream.all();
    expect(new Set(all.map((event) => event.id)).size).toBe(all.length);
    const status = await fetch(address(id).replace(/events$/, "status"), {
      headers: { authorization: `Bearer ${await tokenFor("anna")}` },
    });
    expect(all.at(-1)?.data).toEqual(await status.json());
    expect(all.at(-1)?.data).toMatchObject({ status: "COMPLETED", progress: 100 });
  });

  test("go on after the one that was seen last; after the final one there is nothing, which is 204", async () => {
    const { id, release } = await heldTask(backend, service, "anna");
    const first = await eventsOf(id, "anna");
    const [event] = await first.events(1);
    first.close();
    const resumed = await eventsOf(id, "anna", event?.id);
    release();
    await resumed.ended;
    const seen = resumed.all();
    expect(seen.map((one) => one.id)).not.toContain(event?.id);
    expect(seen.at(-1)?.data).toMatchObject({ status: "COMPLETED" });
    expect((await eventsOf(id, "anna", seen.at(-1)?.id)).status).toBe(204);
  });

  test("that are refused are refused as any call is: by status and body", async () => {
    const peg = await backend.clientOf("anna");
    const { id } = await peg.analysis.create.mutate(sampleAnalysis());
    const ask = async (user: string, query = "") => {
      const response = await fetch(address(id, query), {
        headers: { authorization: `Bearer ${await tokenFor(user)}` },
      });
      const { error } = (await response.json()) as { error: { code: string } };
      return `${response.status} ${error.code}`;
    };
    expect(await ask("anna")).toBe("404 TASK_NOT_FOUND");
    expect(await ask("mallory")).toBe("403 PERMISSION_DENIED");
    expect(await ask("anna", "?task_id=7")).toBe("404 TASK_NOT_FOUND");
    expect(await ask("anna", "?task_id=")).toBe("400 API_VALIDATION_ERROR");
    expect((await fetch(address(id))).status).toBe(401);
  });

  test("end with the reason when the permission does", async () => {
    const { peg, id, release } = await heldTask(backend, service, "anna");
    const guest = { id, user_id: "guest", permission_type: "read" as const };
    await peg.permission.grant.mutate(guest);
    const stream = await eventsOf(id, "guest");
    await stream.events(1);
    await peg.permission.revoke.mutate(guest);
    await stream.ended;
    expect(stream.all().at(-1)).toMatchObject({
      event: "closed",
      data: { success: false, error: { code: "PERMISSION_DENIED" } },
    });
    release();
  });

  test("end after half an hour, without a reason: a reader comes back and goes on where it was (T18)", async () => {
    const { id, release } = await heldTask(backend, service, "anna");
    const before = backend.runtime.services.streams.open;
    const time = new AbortController();
    const { timeout } = AbortSignal;
    const bounds = vi
      .spyOn(AbortSignal, "timeout")
      .mockImplementation((ms) => (ms === 1_800_000 ? time.signal : timeout.call(AbortSignal, ms)));
    const stream = await eventsOf(id, "anna");
    const asked = bounds.mock.calls.map(([ms]) => ms);
    bounds.mockRestore();
    expect(asked).toContain(1_800_000);
    await stream.events(1);
    time.abort(new Error("half an hour has passed"));
    await stream.ended;
    const seen = stream.all();
    expect(seen.map(({ event }) => event)).not.toContain("closed");
    await expect.poll(() => backend.runtime.services.streams.open, { timeout: 10_000 }).toBe(before);
    const resumed = await eventsOf(id, "anna", seen.at(-1)?.id);
    release();
    await resumed.ended;
    expect(resumed.all().map((one) => one.id)).not.toContain(seen.at(-1)?.id);
    expect(resumed.all().at(-1)?.data).toMatchObject({ status: "COMPLETED" });
  });

  test("are five streams a user and no more, together with those over tRPC; one that is left is free again", async () => {
    const { id, release } = await heldTask(backend, service, "dora");
    const before = backend.runtime.services.streams.open;
    for (let i = 0; i < 5; i++) await (await eventsOf(id, "dora")).events(1);
    const sixth = await fetch(address(id), {
      headers: { authorization: `Bearer ${await tokenFor("dora")}` },
    });
    expect(sixth.status).toBe(429);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(0);
    for (const stream of streams.splice(0)) stream.close();
    for (let turn = 0; turn < 2_000 && backend.runtime.services.streams.open > before; turn++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(backend.runtime.services.streams.open).toBe(before);
    release();
  });
});
