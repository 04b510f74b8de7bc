import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { freePort, startProcess, type TestProcess } from "./process.js";

function node(script: string, env: Record<string, string> = {}): TestProcess {
  const child = startProcess({ command: process.execPath, args: ["-e", script], env });
  onTestFinished(async () => void (await child.kill("SIGKILL")));
  return child;
}

/** A process that has ended and was never waited for is still listed, as a zombie. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", `${pid}`], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

describe("startProcess", () => {
  test("waits for a line on either stream and gives its groups", async () => {
    const child = node("console.log('one'); console.error('port 42'); setInterval(() => {}, 1000)");
    expect((await child.waitForLine(/^port (\d+)$/))[1]).toBe("42");
    expect((await child.waitForLine(/one/))[0]).toBe("one");
    expect(child).toMatchObject({ stdout: "one\n", stderr: "port 42\n" });
  });

  test("matches whole lines only, however they arrive", async () => {
    const child = node("process.stdout.write('port 4'); setTimeout(() => console.log('2'), 30)");
    expect((await child.waitForLine(/^port (\d+)$/))[1]).toBe("42");
  });

  test("passes PATH and what is given, nothing else", async () => {
    const child = node("console.log(Object.keys(process.env).sort().join())", { PORT: "0" });
    await child.waitForExit();
    expect(child.stdout).toBe("PATH,PORT\n");
  });

  test("tells how the process ended", async () => {
    expect(await node("process.exit(3)").waitForExit()).toEqual({ code: 3, signal: null });
    const running = node("console.log('up'); setInterval(() => {}, 1000)");
    await running.waitForLine(/up/);
    expect(await running.kill("SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
    expect(await running.kill("SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("says what was written when the line does not come", async () => {
    const ended = node("console.log('cannot bind'); process.exit(1)");
    await expect(ended.waitForLine(/ready/)).rejects.toThrow(
      /process ended \(1\), waiting for \/ready\/\ncannot bind/,
    );
    const silent = node("setInterval(() => {}, 1000)");
    await expect(silent.waitForLine(/ready/, 50)).rejects.toThrow("nothing in 50 ms, waiting for /ready/");
  });

  test("leaves nothing behind, grandchildren neither, when the tests are killed", async () => {
    const module = new URL("process.ts", import.meta.url).href;
    const grandchild = "process.stdout.write(process.pid + '\\n'); setInterval(() => {}, 1000)";
    const child = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}],
      { stdio: "inherit" })`;
    const parent = startProcess({
      command: process.execPath,
      args: ["--import", "tsx", "--input-type=module", "-e"].concat(`
        const { startProcess } = await import(${JSON.stringify(module)});
        const child = startProcess({ command: process.execPath, args: ["-e", ${JSON.stringify(child)}] });
        console.log("pids", child.pid, (await child.waitForLine(/^\\d+$/))[0]);
        setInterval(() => {}, 1000);`),
    });
    const [, ...pids] = await parent.waitForLine(/^pids (\d+) (\d+)$/);
    expect(pids.map(Number).every(isRunning)).toBe(true);
    await parent.kill("SIGKILL");
    await vi.waitFor(() => expect(pids.map(Number).some(isRunning)).toBe(false), { timeout: 5_000 });
  });

  test("refuses a command that is not there", () => {
    expect(() => startProcess({ command: "no-such-command" })).toThrow("cannot start no-such-command");
  });
});

test("freePort gives a port that can be listened on", async () => {
  const port = await freePort();
  const server = createServer((socket) => socket.end("hello")).listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const [greeting] = await once(connect(port, "127.0.0.1"), "data");
  expect(String(greeting)).toBe("hello");
});
