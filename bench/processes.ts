import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { guard } from "../test/support/guard.js";

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
/** Of /proc/PID/stat; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Runs TypeScript as it is, for children that are part of the bench. */
export const RUN_TYPESCRIPT = ["--import", import.meta.resolve("tsx")];

export interface ChildStart {
  /** For node: options, file, arguments. */
  args: string[];
  /** The whole environment, besides PATH. */
  env: Record<string, string>;
  core: number | undefined;
  /** Where its output goes; without a file it goes where ours goes. */
  logFile?: string;
  ipc?: boolean;
}

/** A child that ends with this process, however this process ends. */
export interface Child {
  process: ChildProcess;
  pid: number;
  stop(): Promise<void>;
}

/** A command as it runs on one core only. */
export function onCore(core: number | undefined, command: string, args: string[]): [string, string[]] {
  return core === undefined ? [command, args] : ["taskset", ["-c", String(core), command, ...args]];
}

/** Keeps this process, and what it starts, to a core until the returned function is called. */
export function keepToCore(core: number | undefined): () => void {
  if (core === undefined) return () => {};
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  const keepTo = (list: string) => void execFileSync("taskset", ["-acp", list, String(process.pid)]);
  keepTo(String(core));
  return () => keepTo(allowed);
}

/** Starts a node process on a core. */
export function startChild({ args, env, core, logFile, ipc = false }: ChildStart): Child {
  const output = logFile === undefined ? "inherit" : openSync(logFile, "a");
  const [command, all] = onCore(core, process.execPath, args);
  const child = spawn(command, all, {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", output, output, ...(ipc ? ["ipc" as const] : [])],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const release = guard({ pid, signal: "KILL", group: true });
  const gone = once(child, "exit");
  return {
    process: child,
    pid,
    async stop() {
      release();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const ended = await Promise.race([gone.then(() => true), sleep(STOP_WITHIN_MS, false, { ref: false })]);
      if (!ended) child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Waits until somebody takes connections on the port. */
export async function waitUntilListening(child: Child, port: number, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.process.exitCode !== null) break;
    if (await canConnect(port)) return;
    await sleep(50);
  }
  throw new Error(`a server does not listen on port ${port}\n${readFileSync(logFile, "utf8").slice(-2000)}`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** The JSON that a child writes a moment after a signal. */
export async function readWhenThere<T>(file: string): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return JSON.parse(await readFile(file, "utf8")) as T;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}

/** Milliseconds of processor time that a process has used; undefined where the system does not tell. */
export function processorMs(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
