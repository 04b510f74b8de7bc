import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GuardedServer, startGuardedServer } from "./guarded-server.js";
import { onFreePort } from "./ports.js";
import { bareEnvironment, findOnPath } from "./programs.js";

/** A private redis-server that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it at once: connections break, new ones are refused. */
  stop(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  /** Lets a paused server go on. */
  resume(): void;
  /** Ends it if it runs, and starts it again on the same port, empty. */
  restart(): Promise<void>;
}

/** The version of the redis-server on PATH, or undefined where there is none. */
export async function findRedis(): Promise<string | undefined> {
  const program = findOnPath("redis-server");
  if (!program) return undefined;
  const { stdout } = await promisify(execFile)(program, ["--version"], { env: bareEnvironment() });
  return /v=(\S+)/.exec(stdout)?.[1] ?? "unknown version";
}

/** Starts a redis-server of the caller's own, on a free port unless one is given. */
export async function startRedis(options: { port?: number } = {}): Promise<RedisServer> {
  const launch = async (port: number) => ({ port, first: await launchRedis(port) });
  const { port, first } = options.port ? await launch(options.port) : await onFreePort(launch);
  let server: GuardedServer | undefined = first;
  const stop = async (): Promise<void> => {
    const running = server;
    server = undefined;
    await running?.stop();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop,
    pause: () => server?.signal("SIGSTOP"),
    resume: () => server?.signal("SIGCONT"),
    restart: async () => {
      await stop();
      server = await launchRedis(port);
    },
  };
}

async function launchRedis(port: number): Promise<GuardedServer> {
  const program = findOnPath("redis-server");
  if (!program)
    throw new Error("redis-server is not on PATH: skip this test with describe.skipIf(!hasRedis)");
  const folder = await mkdtemp(join(tmpdir(), "peg-test-redis-"));
  return startGuardedServer({
    command: program,
    args: ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
    folder,
    ready: /ready to accept connections/i,
    stopSignals: ["SIGKILL"],
    lastSignal: "KILL",
  });
}
