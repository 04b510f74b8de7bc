import { rmSync } from "node:fs";
import { join } from "node:path";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { tokenFor } from "../support/backend.js";
import { type Exit, startProcess, type TestProcess } from "../support/process.js";
import { copyWithMarks, type Mark, markEnv } from "./marked-points.js";

export const KILLED: Exit = { code: null, signal: "SIGKILL" };

/** A process may start while the machine is busy. */
const START_MS = 60_000;

export interface MarkedServer {
  process: TestProcess;
  clientOf(userId: string): Promise<PegClient>;
}

/** The built program with all marks in it, and the processes of it. */
export class MarkedProgram {
  readonly #root = copyWithMarks();
  readonly #processes: TestProcess[] = [];

  constructor(readonly env: Record<string, string>) {}

  /** Runs a command. */
  command(args: string[], more: Record<string, string> = {}): TestProcess {
    const started = startProcess({
      command: process.execPath,
      args: [join(this.#root, "dist/cli/main.js"), ...args],
      env: { ...this.env, ...more },
      cwd: this.#root,
    });
    this.#processes.push(started);
    return started;
  }

  /** Runs a command until it is killed at the mark. */
  async commandKilledAt(mark: Mark, args: string[], more: Record<string, string> = {}): Promise<Exit> {
    return this.command(args, { ...more, ...markEnv(mark) }).waitForExit(START_MS);
  }

  /** @throws where the command fails. @returns what it printed */
  async commandDone(args: string[], more: Record<string, string> = {}): Promise<string> {
    const done = this.command(args, more);
    const { code } = await done.waitForExit(START_MS);
    if (code !== 0) throw new Error(`peg-bff ${args[0]} ended with ${code}: ${done.stderr}`);
    return done.stdout;
  }

  async serve(more: Record<string, string> = {}): Promise<MarkedServer> {
    const server = this.command(["serve"], more);
    const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, START_MS);
    return {
      process: server,
      clientOf: async (userId) => createPegClient({ url, token: await tokenFor(userId) }),
    };
  }

  async work(): Promise<void> {
    await this.command(["worker"]).waitForLine(/"working"/, START_MS);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill("SIGKILL").catch(() => undefined)));
    rmSync(this.#root, { recursive: true, force: true });
  }
}
