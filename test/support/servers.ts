import { findPostgres, startPostgres } from "./postgres-server.js";
import { findOnPath } from "./programs.js";
import { findRedis, startRedis } from "./redis-server.js";

/** A server the tests may use, or null; `note` tells the reader of the run which. */
export interface FoundServer {
  url: string | null;
  /** By which it encrypts connections, where it is known to. */
  certificate?: string | undefined;
  note: string;
  stop(): Promise<void>;
}

const nothingToStop = async (): Promise<void> => undefined;

/** The PostgreSQL of this run: TEST_DATABASE_URL, or a private cluster of the installed one, or none. */
export async function openPostgres(env: NodeJS.ProcessEnv): Promise<FoundServer> {
  if (env.TEST_DATABASE_URL) {
    return { url: env.TEST_DATABASE_URL, note: "PostgreSQL: as TEST_DATABASE_URL says", stop: nothingToStop };
  }
  const found = await findPostgres();
  if (!found) return missing("PostgreSQL: not found, its tests are skipped (install postgresql)");
  try {
    const server = await startPostgres(found);
    const { url, port, certificate, stop } = server;
    const unencrypted = certificate ? "" : ", without TLS, which is not tested (install openssl)";
    const note = `PostgreSQL: ${found.version} found, private cluster on port ${port}${unencrypted}`;
    return { url, certificate, note, stop };
  } catch (error) {
    return missing(
      `PostgreSQL: ${found.version} found but not started, its tests are skipped (${oneLine(error)})`,
    );
  }
}

/** The Redis of this run: TEST_REDIS_URL, or a private instance of the installed one, or none. */
export async function openRedis(env: NodeJS.ProcessEnv): Promise<FoundServer> {
  if (env.TEST_REDIS_URL) {
    return { url: env.TEST_REDIS_URL, note: "Redis: as TEST_REDIS_URL says", stop: nothingToStop };
  }
  const version = await findRedis();
  if (!version) return missing("Redis: not found, its tests are skipped (install redis-server)");
  try {
    const server = await startRedis();
    const note = `Redis: ${version} found, private instance on port ${server.port}`;
    return { url: server.url, note, stop: server.stop };
  } catch (error) {
    return missing(`Redis: ${version} found but not started, its tests are skipped (${oneLine(error)})`);
  }
}

/** The Chromium on PATH, under any of its names. Nothing is started. */
export function findChromium(): { path: string | null; note: string } {
  const path = findOnPath("chromium", "chromium-browser", "google-chrome") ?? null;
  return {
    path,
    note: path ? `Chromium: found, ${path}` : "Chromium: not found, its tests are skipped (install chromium)",
  };
}

function missing(note: string): FoundServer {
  return { url: null, note, stop: nothingToStop };
}

function oneLine(error: unknown): string {
  return String(error).replace(/\s+/g, " ").slice(0, 500);
}
