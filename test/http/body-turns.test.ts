import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, openBody, PLENTY, readAnswer } from "../support/faces.js";
import { openSocket, sendRaw } from "../support/raw-request.js";

const MIB = 1024 * 1024;
const POLL = { timeout: 20_000 };

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  authorization = `Bearer ${await tokenFor("alice")}`;
});
afterAll(() => backend?.stop());

async function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization, ...(init.headers as Record<string, string> | undefined) };
  return readAnswer(await fetch(`${backend.url}${path}`, { ...init, headers }));
}

const analysis = () => JSON.parse(JSON.stringify(sampleAnalysis())) as Record<string, unknown>;

describe("large bodies are worked on in their turn", () => {
  /** As much as may be worked on at a time. */
  const ALL = 64 * MIB;
  /** Larger than what goes in between. */
  const large = () => ({ ...analysis(), name: "x", request_params: { padding: "x".repeat(300_000) } });
  const send = (path: string, body: unknown, init: RequestInit = {}) =>
    ask(path, { method: "POST", ...jsonBody(body), ...init });
  const free = () => {
    const leave = backend.runtime.services.uploads.enterNow(ALL);
    leave?.();
    return leave !== undefined;
  };

  test("on both faces, told their length or not, good and bad; small ones go in between", async () => {
    const leave = backend.runtime.services.uploads.enterNow(ALL);
    const answered: string[] = [];
    const sent = [
      send("/api/analysis/results", large()),
      send("/trpc/analysis.create", { json: large() }),
      send("/api/analysis/results", { ...large(), stats: [] }),
      send("/api/analysis/results", undefined, {
        body: new Blob([JSON.stringify(large())]).stream(),
        ...{ duplex: "half" },
      }),
      // Its answer begins before its body is read.
      fetch(`${backend.url}/trpc/analysis.create?batch=1`, {
        ...jsonBody({ 0: { json: large() } }),
        headers: { authorization, "content-type": "application/json", "trpc-accept": "application/jsonl" },
      }).then(async (response) => ({ status: (await response.text()).includes('"rows"') ? 200 : 0 })),
    ].map(async (answer) => {
      const { status } = await answer;
      answered.push("large");
      return status;
    });
    for (let i = 0; i < 20; i++) {
      expect((await send("/api/analysis/results", analysis())).status).toBe(201);
      answered.push("small");
    }
    expect(new Set(answered)).toEqual(new Set(["small"]));
    leave?.();
    expect(await Promise.all(sent)).toEqual([201, 200, 400, 201, 200]);
    await expect.poll(free).toBe(true);
  });

  test("and are in nobody's way where their sender did not wait", async () => {
    const leave = backend.runtime.services.uploads.enterNow(ALL);
    const left = new AbortController();
    const gone = send("/api/analysis/results", large(), { signal: left.signal }).catch(() => "gone");
    await send("/api/analysis/results", analysis());
    left.abort();
    expect(await gone).toBe("gone");
    leave?.();
    await expect.poll(free).toBe(true);
    expect((await send("/api/analysis/results", large())).status).toBe(201);
  });

  test.each([
    ["in one piece", "/trpc/analysis.create", (body: object) => body, {}],
    [
      "as a stream",
      "/trpc/analysis.create?batch=1",
      (body: object) => ({ 0: body }),
      { "trpc-accept": "application/jsonl" },
    ],
  ])("and nothing is stored for a sender who left the line, answered %s", async (how, path, wrap, more) => {
    const { uploads } = backend.runtime.services;
    const id = `left-${how.replaceAll(" ", "-")}`;
    const leave = uploads.enterNow(ALL);
    const left = new AbortController();
    const { headers, ...init } = jsonBody(wrap({ json: { ...large(), id } }));
    const gone = ask(path, {
      method: "POST",
      ...init,
      headers: { ...headers, ...more },
      signal: left.signal,
    });
    gone.catch(() => undefined);
    await expect.poll(() => uploads.isWaitedFor).toBe(true);
    left.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(() => uploads.isWaitedFor).toBe(false);
    leave?.();
    await send("/api/analysis/results", large());
    expect((await ask(`/api/analysis/results/${id}`)).status).toBe(403);
  });

  /** The head of an upload of which nothing comes. */
  const headOf = (length: string) =>
    `POST /api/analysis/results HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;

  const hasRoom = (bytes: number) => {
    const leave = backend.runtime.services.arriving.enterNow(bytes);
    leave?.();
    return leave !== undefined;
  };
  const LENGTHS = [`Content-Length: ${ALL}`, "Transfer-Encoding: chunked"];

  test("and take nothing while they are only announced", async () => {
    const senders = await Promise.all(Array.from({ length: 8 }, () => openSocket(backend.url)));
    for (const [i, sender] of senders.entries()) sender.write(headOf(LENGTHS[i % 2] as string));
    expect((await send("/trpc/analysis.create", { json: large() })).status).toBe(200);
    expect(hasRoom(4 * ALL)).toBe(true);
    for (const sender of senders) sender.destroy();
  });

  test("and take what has come of them, until their sender leaves", async () => {
    const sender = await openSocket(backend.url);
    sender.write(headOf(LENGTHS[0] as string) + " ".repeat(4 * MIB));
    await expect.poll(() => hasRoom(4 * ALL - 3 * MIB), POLL).toBe(false);
    expect(hasRoom(4 * ALL - 5 * MIB)).toBe(true);
    sender.destroy();
    await expect.poll(() => hasRoom(4 * ALL), POLL).toBe(true);
  });

  test("and are refused while they are read where too much has come", async () => {
    const leave = backend.runtime.services.arriving.enterNow(4 * ALL);
    const part = " ".repeat(300_000);
    const parts = [part, `${part.length.toString(16)}\r\n${part}\r\n`];
    for (const [i, length] of LENGTHS.entries()) {
      const refused = await sendRaw(backend.url, headOf(length) + parts[i]);
      expect(refused).toMatchObject({ status: 503, closed: true, headers: { "retry-after": "5" } });
      expect(openBody(refused.body).error).toMatchObject({ code: "SERVICE_UNAVAILABLE", retry_after: 5 });
    }
    const overTrpc = await send("/trpc/analysis.create", { json: large() });
    expect([overTrpc.status, overTrpc.error?.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    const streamed = await fetch(`${backend.url}/trpc/analysis.create?batch=1`, {
      ...jsonBody({ 0: { json: large() } }),
      headers: { authorization, "content-type": "application/json", "trpc-accept": "application/jsonl" },
    });
    expect(await streamed.text()).toContain('"SERVICE_UNAVAILABLE"');
    expect((await send("/api/analysis/results", analysis())).status).toBe(201);
    leave?.();
    expect(hasRoom(4 * ALL)).toBe(true);
    expect((await send("/api/analysis/results", large())).status).toBe(201);
  });
});
