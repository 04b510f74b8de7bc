import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Logger } from "../../domain/ports.js";

const START_DEADLINE_MS = 30_000;
const RESTART_PAUSE_MS = 500;

export interface BundledService {
  /** Once it listens. */
  url: Promise<string>;
  token: string;
  stop(): void;
}

type Started = { type: "listening"; url: string } | { type: "error"; message: string };

/** A process that is being started; `listening` tells its address, or rejects where it ended instead. */
function start(entry: URL, port: number, token: string): { child: ChildProcess; listening: Promise<string> } {
  // Its own process: half a million rows hold its event loop for seconds, and take memory that is given back.
  const child = fork(entry, { env: {}, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const listening = new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`the bundled analysis service did not start: ${reason}`));
    };
    const timer = setTimeout(() => fail("it took too long"), START_DEADLINE_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`it ended with code ${code}`));
    child.once("message", (message: Started) => {
      clearTimeout(timer);
      child.removeAllListeners();
      if (message.type === "listening") resolve(message.url);
      else fail(message.message);
    });
    child.send({ host: "127.0.0.1", port, token });
  });
  return { child, listening };
}

/**
 * Runs the bundled analysis service on loopback, beside this process and as long as it. It starts while this process
 * does other things; one that ends, or does not start, is started again.
 */
export function startBundledService(entry: URL, logger: Logger): BundledService {
  const token = randomUUID();
  let running: ChildProcess;
  let stopped = false;
  let port = 0;
  let tell: (url: string) => void;
  const url = new Promise<string>((resolve) => {
    tell = resolve;
  });

  async function run(): Promise<void> {
    if (stopped) return;
    // Again on the same port, which callers know.
    const { child, listening } = start(entry, port, token);
    running = child;
    try {
      const address = await listening;
      port = Number(new URL(address).port);
      tell(address);
    } catch (error) {
      if (stopped) return;
      logger.error({ err: error }, "the bundled analysis service does not start");
      setTimeout(() => void run(), RESTART_PAUSE_MS * 10).unref();
      return;
    }
    child.once("exit", (code, signal) => {
      if (stopped) return;
      logger.error({ code, signal }, "the bundled analysis service ended and is started again");
      setTimeout(() => void run(), RESTART_PAUSE_MS).unref();
    });
    child.on("error", (error) =>
      logger.warn({ err: error }, "the bundled analysis service cannot be reached"),
    );
  }

  void run();
  return {
    url,
    token,
    stop() {
      stopped = true;
      running.kill("SIGTERM");
    },
  };
}
