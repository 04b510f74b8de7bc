import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY, queryPath } from "../support/faces.js";
import { heldTask } from "../support/held-task.js";
import { type OpenStream, openEvents } from "../support/open-stream.js";

/** As many streams as a user may hold. */
const ALL = 5;

let service: TestAnalysisService;
let backend: TestBackend;
beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({ ...PLENTY, MCP_URL: service.url });
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

describe.each([
  ["REST", (id: string) => `/api/analysis/results/${id}/peg-comparison/events`],
  ["tRPC", (id: string) => queryPath("pegComparison.watch", { id })],
])("a stream over %s", (face, path) => {
  async function open(id: string, user: string, lastEventId?: string): Promise<OpenStream> {
    const authorization = `Bearer ${await tokenFor(user)}`;
    const headers: Record<string, string> = { authorization };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    return openEvents(backend.url + path(id), headers);
  }

  async function openAll(id: string, user: string) {
    const streams: OpenStream[] = [];
    const lastIds: string[] = [];
    for (let i = 0; i < ALL; i++) {
      const stream = await open(id, user);
      streams.push(stream);
      lastIds.push((await stream.events(1))[0]?.id ?? "");
    }
    return { streams, lastIds };
  }

  test("that goes on takes the place of the one that was lost, of which nobody told the server", async () => {
    const { id, release } = await heldTask(backend, service, `anna-${face}`);
    const { streams: lost, lastIds } = await openAll(id, `anna-${face}`);
    // The second time with nothing new in between.
    const again = await Promise.all(lastIds.map((lastId) => open(id, `anna-${face}`, lastId)));
    const resumed = await Promise.all(lastIds.map((lastId) => open(id, `anna-${face}`, lastId)));
    await Promise.all([...lost, ...again].map(({ ended }) => ended));
    for (const stream of [...lost, ...again])
      expect(stream.text()).toContain("This stream goes on over another connection.");
    expect(backend.runtime.services.streams).toMatchObject({ open: ALL, replace: { size: ALL } });
    release();
    await Promise.all(resumed.map(({ ended }) => ended));
    for (const stream of resumed)
      expect(stream.all().findLast((event) => event.id)?.data).toMatchObject({ status: "COMPLETED" });
    expect(backend.runtime.services.streams).toMatchObject({ open: 0, replace: { size: 0 } });
  });

  test("takes no place of another user, nor one that was made up", async () => {
    const [anna, bert] = [`alma-${face}`, `bert-${face}`];
    const { id, release } = await heldTask(backend, service, anna);
    const owner = await backend.clientOf(anna);
    await owner.permission.grant.mutate({ id, user_id: bert, permission_type: "read" });
    const { streams, lastIds } = await openAll(id, anna);
    const other = await open(id, bert, lastIds[0]);
    const made = `${lastIds[0]?.slice(0, -36)}00000000-0000-4000-8000-000000000000`;
    const sixth = await open(id, anna, made);
    await sixth.ended;
    expect(sixth.text()).toContain("5 streams are open already");
    release();
    await Promise.all([...streams, other].map(({ ended }) => ended));
    for (const stream of [...streams, other])
      expect(stream.all().findLast((event) => event.id)?.data).toMatchObject({ status: "COMPLETED" });
  });
});
