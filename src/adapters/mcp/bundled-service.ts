import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Logger } from "../../domain/ports.js";

const START_DEADLINE_MS = 30_000;
const RESTART_PAUSE_MS = 500;

export interface BundledService {
  url: string;
  token: string;
  stop(): void;
}

type Started = { type: "listening"; url: string } | { type: "error"; message: string };

/** Starts the process and waits until it listens. */
function start(entry: URL, port: number, token: string): Promise<{ child: ChildProcess; url: string }> {
  // Its own process: half a million rows hold its event loop for seconds, and take memory that is given back.
  const child = fork(entry, { env: {}, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      child.kill("SIGKILL");
      reject(new Error(`the bundled analysis service did not start: ${reason}`));
    };
    const timer = setTimeout(() => fail("it took too long"), START_DEADLINE_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`it ended with code ${code}`));
    child.once("message", (message: Started) => {
      clearTimeout(timer);
      child.removeAllListeners();
      if (message.type === "listening") resolve({ child, url: message.url });
      else fail(message.message);
    });
    child.send({ host: "127.0.0.1", port, token });
  });
}

/** Runs the bundled analysis service on loopback, beside this process and as long as it. */
export async function startBundledService(entry: URL, logger: Logger): Promise<BundledService> {
  const token = randomUUID();
  const first = await start(entry, 0, token);
  let { child } = first;
  let stopped = false;
  const port = Number(new URL(first.url).port);

  function watch(running: ChildProcess): void {
    running.once("exit", (code, signal) => {
      if (stopped) return;
      logger.error({ code, signal }, "the bundled analysis service ended and is started again");
      setTimeout(() => void restart(), RESTART_PAUSE_MS).unref();
    });
    running.on("error", (error) =>
      logger.warn({ err: error }, "the bundled analysis service cannot be reached"),
    );
  }

  async function restart(): Promise<void> {
    if (stopped) return;
    try {
      // On the same port, which callers know.
      ({ child } = await start(entry, port, token));
      if (stopped) child.kill("SIGKILL");
      watch(child);
    } catch (error) {
      logger.error({ err: error }, "the bundled analysis service does not start");
      setTimeout(() => void restart(), RESTART_PAUSE_MS * 10).unref();
    }
  }

  watch(child);
  return {
    url: first.url,
    token,
    stop() {
      stopped = true;
      child.kill("SIGTERM");
    },
  };
}
