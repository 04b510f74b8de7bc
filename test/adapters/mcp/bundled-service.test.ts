import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BundledService, startBundledService } from "../../../src/adapters/mcp/bundled-service.js";
import { freePort } from "../../support/ports.js";
import { request, serviceAt } from "./fixtures.js";

/** Listens as it is told, and dies when it is asked for `/die`. */
const LISTENS = `
import { createServer } from "node:http";
process.once("message", ({ host, port }) => {
  const server = createServer((request, response) => {
    if (request.url === "/die") process.exit(3);
    response.end(String(process.pid));
  });
  server.listen(port, host, () =>
    process.send({ type: "listening", url: "http://" + host + ":" + server.address().port }));
});
process.once("disconnect", () => process.exit(0));`;
const DIES = "process.exit(7);";

let folder: string;
let entry: URL;
let service: BundledService | undefined;
let lines: string[];
const logger = {
  debug: () => {},
  info: () => {},
  warn: (_: object, text: string) => void lines.push(text),
  error: (_: object, text: string) => void lines.push(text),
};
const write = (text: string) => writeFileSync(entry, text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peg-bundled-"));
  entry = pathToFileURL(join(folder, "service.mjs"));
  lines = [];
});
afterEach(() => {
  service?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pidAt = (url: string) => fetch(url).then((response) => response.text());

describe("the bundled analysis service", () => {
  test("that ends is started again, where it was", async () => {
    write(LISTENS);
    service = startBundledService(entry, logger);
    const url = await service.url;
    const first = await pidAt(url);
    await fetch(`${url}/die`).catch(() => undefined);
    await expect.poll(() => pidAt(url).catch(() => first), { timeout: 30_000 }).not.toBe(first);
    expect(lines).toEqual(["the bundled analysis service ended and is started again"]);
  });

  test("that does not start is started again until it does", async () => {
    write(DIES);
    service = startBundledService(entry, logger);
    await expect
      .poll(() => lines, { timeout: 30_000 })
      .toEqual(["the bundled analysis service does not start"]);
    write(LISTENS);
    expect(await pidAt(await service.url)).toMatch(/^\d+$/);
  });
});

test("an address that is still to come is waited for, and no longer than an attempt may take", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  let tell = (_: string) => {};
  const coming = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const waiting = serviceAt(coming, { retries: 0, timeoutMs: 1_500 });
  await expect(waiting.compare(request())).rejects.toMatchObject({ code: "MCP_TIMEOUT" });
  tell(url);
  await expect(waiting.compare(request())).rejects.toMatchObject({ code: "MCP_CONNECTION_FAILED" });
  await waiting.close();
});
