import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createLogger } from "../../src/log.js";
import { startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY } from "../support/faces.js";
import { openSocket } from "../support/raw-request.js";

type Line = Record<string, unknown>;
let backend: TestBackend;
let authorization: string;
const texts: string[] = [];

beforeAll(async () => {
  const logger = createLogger("trace", { write: (text) => void texts.push(text) });
  backend = await startBackend(PLENTY, { logger });
  authorization = `Bearer ${await tokenFor("alice")}`;
});
afterAll(() => backend?.stop());

const linesOf = (requestId: string): Line[] =>
  texts.map((text) => JSON.parse(text) as Line).filter((line) => line.request_id === requestId);

describe.each([
  ["tRPC", "/trpc/analysis.create", "analysis.create"],
  ["REST", "/api/analysis/results", "/api/analysis/results"],
])("an upload over %s that its sender breaks off", (face, path, endpoint) => {
  test.each([
    ["of a told length", "Content-Length: 1000"],
    ["of a told length, large", "Content-Length: 5000000"],
    ["in pieces", "Transfer-Encoding: chunked"],
  ])("is the sender's fault, and no outage of ours: %s", async (_, length) => {
    const id = `${face}-${length.replaceAll(/[^\w]/g, "-")}`;
    const socket = await openSocket(backend.url);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nX-Request-Id: ${id}\r\n` +
        `Content-Type: application/json\r\n${length}\r\n\r\n`,
    );
    socket.write(length.startsWith("Content") ? '{"stats":[' : 'a\r\n{"stats":[\r\n');
    await vi.waitFor(() => expect(linesOf(id)).toHaveLength(1), { timeout: 10_000 });
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(linesOf(id)).toHaveLength(2), { timeout: 10_000 });
    expect(linesOf(id)[1]).toMatchObject({
      level: 30,
      event: "peg_comparison_error",
      error_type: "API_VALIDATION_ERROR",
      error_message: "The body broke off before its end.",
    });
    await vi.waitFor(async () => {
      const { text } = await backend.runtime.metrics.read();
      expect(text).toMatch(new RegExp(`requests_total\\{[^}]*endpoint="${endpoint}"[^}]*status="400"`));
      expect(text).not.toContain('status="503"');
    });
  });
});
