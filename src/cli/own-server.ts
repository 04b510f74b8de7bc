import { type ChildProcess, fork } from "node:child_process";
import { programFile } from "../places.js";
import { CommandError } from "./command-error.js";
import type { Say } from "./words.js";

const START_DEADLINE_MS = 60_000;

/** What belongs to the servers that these settings are for: their ports, their log, and how they share and leave. */
const UNSET = { METRICS_PORT: "", LOG_FILE: "", WEB_CONCURRENCY: "", DRAIN_MS: "" };

export interface OwnServer {
  url: string;
  /** Lets it finish and give back what it holds. */
  stop(): Promise<void>;
}

/**
 * Starts a server for as long as a command takes: in a process of its own, so that the command's memory is the
 * command's. It ends by itself where the command is killed.
 *
 * @throws CommandError with the server's own words where it does not start
 */
export async function startOwnServer(env: NodeJS.ProcessEnv): Promise<OwnServer> {
  const child = fork(programFile("peg-bff"), ["serve"], {
    env: { ...env, ...UNSET, HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "silent" },
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await untilItListens(child);
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function untilItListens(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      words += chunk.toString();
    });
    const fail = (reason: (say: Say) => string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new CommandError((say) => reason(say) || say("The server of this command did not start.")));
    };
    const timer = setTimeout(
      () => fail((say) => say("The server of this command did not start in time.")),
      START_DEADLINE_MS,
    );
    child.once("error", (error) => fail(() => error.message));
    // After its output has been read to the end.
    child.once("close", () => fail(() => words.trim()));
    child.once("message", (message) => {
      clearTimeout(timer);
      child.removeAllListeners("close");
      resolve((message as { url: string }).url);
    });
  });
}
