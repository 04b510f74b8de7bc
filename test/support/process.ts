import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { guard } from "./guard.js";

export { freePort } from "./ports.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CLI = fileURLToPath(new URL("../../dist/bundle/peg-bff.js", import.meta.url));

/** Whether the compiled command is there: `describe.skipIf(!cliIsBuilt)`. */
export const cliIsBuilt = existsSync(CLI);

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process, with all it has written so far. */
export interface TestProcess {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the first line, past or future, of either stream that matches. */
  waitForLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Resolves once either stream has shown it, in a line that may not have ended. */
  waitForText(part: string, timeoutMs?: number): Promise<true>;
  waitForExit(timeoutMs?: number): Promise<Exit>;
  /** Sends a signal (SIGTERM) and waits until the process has ended. */
  kill(signal?: NodeJS.Signals, timeoutMs?: number): Promise<Exit>;
  /** Only sends a signal. */
  signal(signal: NodeJS.Signals): void;
}

/** What to run. The environment is PATH and `env`, nothing of the caller's. */
export interface ProcessStart {
  command: string;
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
}

/** Starts `peg-bff` as compiled, for instance `startCli(["serve"], { PORT: "0" })`. */
export function startCli(args: string[], env: Record<string, string> = {}, cwd = REPOSITORY): TestProcess {
  if (!existsSync(CLI)) throw new Error("dist/bundle/peg-bff.js is missing: npm run build");
  return startProcess({ command: process.execPath, args: [CLI, ...args], env, cwd });
}

/** Starts a process that ends at the latest with the test file. */
export function startProcess({ command, args = [], env = {}, cwd = REPOSITORY }: ProcessStart): TestProcess {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // Leads a group of its own, so that the guard ends what it has started too.
    detached: true,
  });
  // Told below by the missing pid.
  child.on("error", () => undefined);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const release = guard({ pid, signal: "KILL", group: true });

  const text = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  let exit: Exit | undefined;
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      wake();
    });
  }
  child.once("close", (code, signal) => {
    exit = { code, signal };
    release();
    wake();
  });

  /** Waits until `find` finds something; `find` runs again whenever there is output or the process ends. */
  function waitUntil<T>(what: string, timeoutMs: number, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        waiting.delete(check);
        then();
      };
      const fail = (why: string): void =>
        settle(() =>
          reject(new Error(`${why}, waiting for ${what}\n${tail(text.stdout)}\n${tail(text.stderr)}`)),
        );
      const check = (): void => {
        const found = find();
        if (found !== undefined) settle(() => resolve(found));
        else if (exit) fail(`process ended (${exit.signal ?? exit.code})`);
      };
      const timer = setTimeout(fail, timeoutMs, `nothing in ${timeoutMs} ms`);
      waiting.add(check);
      check();
    });
  }

  const waitForExit = (timeoutMs = 10_000): Promise<Exit> => waitUntil("its end", timeoutMs, () => exit);
  return {
    pid,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    waitForLine: (pattern, timeoutMs = 10_000) =>
      waitUntil(`${pattern}`, timeoutMs, () => {
        const ended = exit !== undefined;
        return matchLine(text.stdout, pattern, ended) ?? matchLine(text.stderr, pattern, ended);
      }),
    waitForText: (part, timeoutMs = 10_000) =>
      waitUntil(part, timeoutMs, () => (text.stdout + text.stderr).includes(part) || undefined),
    waitForExit,
    kill: (signal = "SIGTERM", timeoutMs = 10_000) => {
      child.kill(signal);
      return waitForExit(timeoutMs);
    },
    signal: (signal) => void child.kill(signal),
  };
}

/** Finds the first whole line that matches; the last one counts as whole once the process has ended. */
function matchLine(text: string, pattern: RegExp, ended: boolean): RegExpExecArray | undefined {
  const lines = text.split("\n");
  if (!ended) lines.pop();
  for (const line of lines) {
    pattern.lastIndex = 0;
    const match = pattern.exec(line);
    if (match) return match;
  }
  return undefined;
}

function tail(text: string): string {
  return text.slice(-2_000);
}
