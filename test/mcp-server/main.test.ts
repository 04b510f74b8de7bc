import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { request, rows } from "./analysis-request.js";

/** As `npx tsc -p tsconfig.build.json` builds it, which `npm test` does first. */
const entry = fileURLToPath(new URL("../../dist/bundle/mcp-server.js", import.meta.url));
const built = existsSync(entry);
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(): ChildProcess {
  const child = fork(entry, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  children.push(child);
  return child;
}

async function reply(
  child: ChildProcess,
  message: object,
): Promise<{ type: string; url: string; message: string }> {
  const answer = once(child, "message");
  child.send(message);
  return (await answer)[0];
}

/** The exit code and the signal. */
const exitOf = (child: ChildProcess): Promise<unknown[]> => once(child, "exit");

/** A parent of its own that forks the entry, prints the address and then waits. */
const PARENT = `
  const child = require("node:child_process").fork(process.argv[1]);
  child.once("message", (message) => console.log(JSON.stringify(message)));
  child.send({ host: "127.0.0.1", port: 0 });
`;

/** Asks until nobody answers. Not by process id: where nobody reaps it, a process that ended still has one. */
async function isGone(url: string): Promise<void> {
  while (
    await fetch(`${url}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    )
  );
}

if (!built)
  console.warn("dist/bundle/mcp-server.js is not built: the tests of the child process are skipped");

describe.skipIf(!built)("the child process", { timeout: 30_000 }, () => {
  test("listens where it is told, compares, and ends on SIGTERM", async () => {
    const child = start();
    const listening = await reply(child, { host: "127.0.0.1", port: 0, token: "s3cret" });
    expect(listening).toEqual({
      type: "listening",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    const answer = await fetch(`${listening.url}/mcp/peg-comparison/analysis`, {
      method: "POST",
      headers: { authorization: "Bearer s3cret" },
      body: JSON.stringify(request(rows("RSRP", [-98], [-88]))),
    });
    expect([answer.status, ((await answer.json()) as { success: boolean }).success]).toEqual([200, true]);
    const exit = exitOf(child);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  test("leaves Ctrl-C to its parent", async () => {
    const child = start();
    const { url } = await reply(child, { host: "127.0.0.1", port: 0 });
    child.kill("SIGINT");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("ends when its parent lets go of it", async () => {
    const child = start();
    await reply(child, { host: "127.0.0.1", port: 0 });
    const exit = exitOf(child);
    child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  test("ends when its parent is killed", async () => {
    const parent = spawn(process.execPath, ["-e", PARENT, entry], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(parent);
    const [line] = await once(parent.stdout, "data");
    const { url } = JSON.parse(String(line)) as { url: string };
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    parent.kill("SIGKILL");
    await isGone(url);
  });

  test("says what is wrong and ends where it cannot listen", async () => {
    const child = start();
    const exit = exitOf(child);
    const { type, message } = await reply(child, { host: "127.0.0.1", port: 70_000 });
    expect([type, message]).toEqual(["error", expect.stringContaining("port")]);
    expect(await exit).toEqual([1, null]);
  });
});
