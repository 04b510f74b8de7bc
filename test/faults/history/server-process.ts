import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { freePort } from "../../support/ports.js";
import { startProcess, type TestProcess } from "../../support/process.js";

const PRELOAD = fileURLToPath(new URL("clock-preload.mjs", import.meta.url));
const START_WITHIN_MS = 60_000;
const OWN_FAULT = '"error_type":"INTERNAL_ERROR"';
const RESTART_MS = 200;
const RUNS_AT_MOST_MS = 2 ** 31 - 1;

/** A server process that is killed and started again, at the same address. */
export interface ServerProcess {
  readonly url: string;
  readonly isRunning: boolean;
  /** What the processes that were killed called faults of their own. */
  readonly faults: readonly string[];
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** Sets its clock before or behind that of the machine. It outlives a restart. */
  shiftClock(ms: number): void;
  /** How its processes ended that nobody killed, with what they said last. */
  readonly ends: readonly string[];
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** @param root of the built program: `dist` lies in it */
export async function createServerProcess(root: string, env: Record<string, string>): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "peg-clock-"));
  const clockFile = join(folder, "clock");
  writeFileSync(clockFile, "0");
  let process: TestProcess | undefined;
  let ready = false;
  const ends: string[] = [];
  const faults: string[] = [];

  async function isHealthy(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${url}/healthz`);
      await body.dump();
      return statusCode === 200;
    } catch {
      return false;
    }
  }

  function launch(): TestProcess {
    const started = startProcess({
      command: globalThis.process.execPath,
      args: ["--import", PRELOAD, join(root, "dist/server.js")],
      env: { ...env, PORT: String(port), CLOCK_FILE: clockFile },
      cwd: root,
    });
    process = started;
    started.waitForExit(RUNS_AT_MOST_MS).then(
      ({ code, signal }) => {
        if (process !== started || !ready) return;
        ready = false;
        ends.push(`${signal ?? code}\n${started.stderr.slice(-5_000)}`);
      },
      () => undefined,
    );
    return started;
  }

  /** False where it ends before, by itself or killed. */
  async function becomesHealthy(started: TestProcess): Promise<boolean> {
    while (!(await isHealthy())) {
      const ended = await started.waitForExit(50).catch(() => undefined);
      if (ended || process !== started) return false;
    }
    return process === started;
  }

  const kill = async (): Promise<void> => {
    const running = process;
    process = undefined;
    ready = false;
    await running?.kill("SIGKILL");
    faults.push(...(running?.stderr.split("\n").filter((line) => line.includes(OWN_FAULT)) ?? []));
  };
  return {
    url,
    get isRunning() {
      return ready;
    },
    async start() {
      const until = performance.now() + START_WITHIN_MS;
      // One that finds no database says so and ends: whoever keeps it running starts it again.
      for (let started = launch(); !(await becomesHealthy(started)); started = launch()) {
        if (process !== started) return;
        if (performance.now() > until) throw new Error(`a server did not start: ${started.stderr}`);
        await sleep(RESTART_MS);
        if (process !== started) return;
      }
      ready = true;
    },
    kill,
    pause: () => process?.signal("SIGSTOP"),
    resume: () => process?.signal("SIGCONT"),
    shiftClock(ms) {
      writeFileSync(clockFile, String(ms));
      if (ready) process?.signal("SIGUSR2");
    },
    ends,
    faults,
    async stop() {
      await kill();
      await sleep(0);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
