import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGuardedServer } from "../test/support/guarded-server.js";
import { onFreePort } from "../test/support/ports.js";
import { findPostgres, startPostgres } from "../test/support/postgres-server.js";
import { findOnPath } from "../test/support/programs.js";
import { onCore } from "./processes.js";

/** A server that was found, or its absence, and what to tell about it. */
export interface Store {
  url: string | undefined;
  note: string;
  stop(): Promise<void>;
}

const nothingToStop = async (): Promise<void> => {};

/** A private redis-server on the core of the load, or none: then all servers keep to their own memory. */
export async function openRedis(core: number | undefined): Promise<Store> {
  const program = findOnPath("redis-server");
  if (!program) {
    const note = "Redis: no redis-server found, so all servers are measured with in-process stores only";
    return { url: undefined, note, stop: nothingToStop };
  }
  return onFreePort(async (port) => {
    const folder = await mkdtemp(join(tmpdir(), "peg-bench-redis-"));
    const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const [command, args] = onCore(core, program, [...settings, "--dir", folder]);
    const server = await startGuardedServer({
      command,
      args,
      folder,
      ready: /ready to accept connections/i,
      stopSignals: ["SIGKILL"],
      lastSignal: "KILL",
    });
    return {
      url: `redis://127.0.0.1:${port}`,
      note: `Redis: a private one on port ${port}`,
      stop: server.stop,
    };
  });
}

/** A private PostgreSQL, or none: then our server uses its embedded database. */
export async function openPostgres(): Promise<Store> {
  const embedded = { url: undefined, stop: nothingToStop };
  const found = await findPostgres();
  if (!found) return { ...embedded, note: "PostgreSQL: not found, so our server uses its embedded database" };
  try {
    const { url, port, stop } = await startPostgres(found);
    return { url, stop, note: `PostgreSQL: ${found.version}, a private one on port ${port}` };
  } catch (error) {
    const reason = String(error).replace(/\s+/g, " ").slice(0, 200);
    return {
      ...embedded,
      note: `PostgreSQL: not started, so our server uses its embedded database (${reason})`,
    };
  }
}
