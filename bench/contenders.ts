import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../test/support/ports.js";
import { type Child, RUN_TYPESCRIPT, startChild, waitUntilListening } from "./processes.js";
import { LIMITS } from "./setup.js";

/** A server under test. */
export interface Contender {
  name: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

interface Started {
  name: string;
  core: number | undefined;
  folder: string;
  args: string[];
  env: (port: number) => Record<string, string>;
}

async function start({ name, core, folder, args, env }: Started): Promise<Contender> {
  const port = await freePort();
  const logFile = join(folder, `${name}.log`);
  const child: Child = startChild({ args, env: env(port), core, logFile });
  try {
    await waitUntilListening(child, port, logFile);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { name, port, pid: child.pid, stop: () => child.stop() };
}

/** Our server as it is run in production, but for its limits. */
export function startOurs(options: {
  server: string;
  nodeOptions?: string[];
  env?: Record<string, string>;
  core: number | undefined;
  folder: string;
  jwtSecret: string;
  redisUrl: string | undefined;
  databaseUrl: string | undefined;
  logLevel: string;
}): Promise<Contender> {
  const {
    server,
    nodeOptions = [],
    env: more = {},
    core,
    folder,
    jwtSecret,
    redisUrl,
    databaseUrl,
    logLevel,
  } = options;
  const rate = ({ limit, windowMs }: (typeof LIMITS)[number]) => `${limit}/${windowMs / 1000}s`;
  return start({
    name: "ours",
    core,
    folder,
    args: [...nodeOptions, server],
    env: (port) => ({
      PORT: String(port),
      DATA_DIR: "memory://bench",
      JWT_SECRET: jwtSecret,
      ENCRYPTION_KEYS: `bench:${randomBytes(32).toString("base64url")}`,
      LOG_LEVEL: logLevel,
      RATE_LIMIT_GET: rate(LIMITS[0]),
      RATE_LIMIT_STATUS: rate(LIMITS[1]),
      RATE_LIMIT_ALL: rate(LIMITS[1]),
      ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
      ...more,
    }),
  });
}

/** A server of the bench's own: a file in `servers/`. */
export function startRival(
  name: "bare" | "baseline" | "plain",
  options: { core: number | undefined; folder: string; setupFile: string },
): Promise<Contender> {
  const { core, folder, setupFile } = options;
  const file = fileURLToPath(new URL(`./servers/${name}.ts`, import.meta.url));
  return start({
    name,
    core,
    folder,
    args: [...RUN_TYPESCRIPT, file],
    env: (port) => ({ BENCH_SETUP: setupFile, BENCH_PORT: String(port) }),
  });
}
