import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { guard } from "./guard.js";
import { bareEnvironment } from "./programs.js";

/** How to start a server process of the tests. */
export interface ServerStart {
  command: string;
  args: string[];
  /** Its own folder: working directory and data, deleted when it stops. */
  folder: string;
  /** Its output says that it is ready. */
  ready: RegExp;
  /** Signals that end it, politest first; each has `patienceMs` to work. */
  stopSignals: NodeJS.Signals[];
  /** The signal that ends it when the tests are gone and nobody can be polite. */
  lastSignal: "KILL" | "QUIT";
  /** The user to run as, for servers that refuse root. */
  user?: { uid: number; gid: number } | undefined;
}

/** A server process that ends with the tests, whatever ends the tests. */
export interface GuardedServer {
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const PATIENCE_MS = 3_000;

/** Starts a server and waits until it says that it is ready. */
export async function startGuardedServer(start: ServerStart): Promise<GuardedServer> {
  const child = spawn(start.command, start.args, {
    cwd: start.folder,
    env: bareEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    // Its own session: a ctrl-C at the terminal must not end it before the tests that use it.
    detached: true,
    ...start.user,
  });
  await once(child, "spawn");
  const pid = child.pid as number;
  const release = guard({ pid, signal: start.lastSignal, folder: start.folder });
  const stop = async (): Promise<void> => {
    release();
    child.ref();
    await end(child, start.stopSignals);
    await rm(start.folder, { recursive: true, force: true });
  };
  try {
    await ready(child, start);
  } catch (error) {
    await stop();
    throw error;
  }
  // A test that forgets to stop its server must not keep the run from ending.
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
  return { pid, stop, signal: (signal) => void child.kill(signal) };
}

function ready(child: ChildProcess, { command, ready: pattern }: ServerStart): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`${command} ${why}\n${output.slice(-2_000)}`));
    };
    const timer = setTimeout(fail, READY_WITHIN_MS, "is not ready after 30 s");
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000);
      if (!pattern.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", read);
    child.once("close", (code, signal) => fail(`ended early (${signal ?? code})`));
  });
}

async function end(child: ChildProcess, signals: NodeJS.Signals[]): Promise<void> {
  for (const signal of [...signals, "SIGKILL" as const]) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([exited, patience]);
    clearTimeout(timer);
  }
}
