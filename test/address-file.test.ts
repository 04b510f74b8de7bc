import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerProof, findRunningServer, removeAddress, writeAddress } from "../src/address-file.js";
import { startBackupServer } from "../src/backup-server.js";
import { cliIsBuilt, startCli } from "./support/process.js";

let dataDir: string;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "peg-address-"));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Another program in the place of a server that was killed, and what it was sent. */
async function startOther(answer: RequestListener): Promise<{ url: string; heard: IncomingMessage[] }> {
  const heard: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    heard.push(request);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const SECRET = "the secret of the server that was killed";
const obliging: RequestListener = (_, response) => void response.end('{"status":"ok"}');

describe("the server that runs on a data directory", () => {
  test("is found while it runs, and not after", async () => {
    const server = await startBackupServer({} as never, {} as never);
    const address = { url: "http://127.0.0.1:1", backup: { url: server.url, secret: server.secret } };
    writeAddress(dataDir, address);
    expect(await findRunningServer(dataDir)).toEqual(address);
    server.close();
    expect(await findRunningServer(dataDir)).toBeUndefined();
    removeAddress(dataDir);
    expect(await findRunningServer(dataDir)).toBeUndefined();
  });

  test.each<[string, RequestListener]>([
    ["answers all well", obliging],
    ["sends back what it is asked", ({ url }, response) => void response.end(url?.split("/").at(-1))],
    ["knows another secret", ({ url = "" }, response) => void response.end(answerProof(url, "another"))],
    ["sends on to somewhere else", (_, response) => void response.writeHead(302, { location: "/" }).end()],
  ])("is none that %s in its place, and no secret is told to that", async (_, answer) => {
    const { url, heard } = await startOther(answer);
    writeAddress(dataDir, { url, backup: { url, secret: SECRET } });
    expect(await findRunningServer(dataDir)).toBeUndefined();
    expect(heard).toHaveLength(1);
    expect(heard.map(({ headers, url }) => JSON.stringify([headers, url])).join()).not.toContain(SECRET);
  });
});

describe.skipIf(!cliIsBuilt)("a command", { timeout: 60_000 }, () => {
  test("sends no token to what has the port of a server that was killed", async () => {
    const { url, heard } = await startOther(obliging);
    writeAddress(dataDir, { url, backup: { url, secret: SECRET } });
    const command = startCli(["compare", "an-id"], { DATA_DIR: dataDir });
    // It runs a server of its own instead.
    await command.waitForExit(50_000);
    expect(command.stderr).toContain("ANALYSIS_NOT_FOUND");
    expect(heard.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });
});
