import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createPegClient, type PegClient } from "../src/client/index.js";
import { type Contender, startOurs } from "./contenders.js";
import { startChild } from "./processes.js";
import type { Bench } from "./section.js";
import { openPostgres, openRedis } from "./stores.js";
import { signTokens } from "./tokens.js";

/** Our server on real stores, by itself. */
export interface OwnServer {
  ours: Contender;
  peg: PegClient;
  tokens: string[];
  databaseUrl: string | undefined;
}

/** Starts our server on a PostgreSQL and a Redis of its own, as far as they are there. */
export async function openOwnServer(
  { options, closers, progress }: Bench,
  more: {
    core?: number | undefined;
    redisCore?: number | undefined;
    /** Runs what `async` and `recompute` ask for in a process of its own, which takes its core from ours. */
    workerApart?: boolean;
    env?: Record<string, string>;
    nodeOptions?: string[];
    /** The address of a store as the server is to know it. */
    via?: (name: string, url: string) => Promise<string>;
  } = {},
): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), "peg-bench-own-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const redis = await openRedis(more.redisCore);
  closers.add(redis.stop);
  const postgres = await openPostgres();
  closers.add(postgres.stop);
  for (const { note } of [redis, postgres]) progress(note);
  const jwtSecret = randomBytes(32).toString("base64url");
  const { server, logLevel } = options;
  const { core, workerApart = false, nodeOptions = [], via = async (_name, url) => url } = more;
  const stores = {
    redisUrl: redis.url && (await via("Redis", redis.url)),
    databaseUrl: postgres.url && (await via("PostgreSQL", postgres.url)),
  };
  const keys = { ENCRYPTION_KEYS: `bench:${randomBytes(32).toString("base64url")}` };
  const env = { ...keys, ...more.env, ...(workerApart ? { WORKER: "none" } : {}) };
  const ours = await startOurs({ server, logLevel, core, folder, jwtSecret, env, nodeOptions, ...stores });
  closers.add(ours.stop);
  if (workerApart) {
    const { databaseUrl: DATABASE_URL = "", redisUrl: REDIS_URL = "" } = stores;
    const worker = startChild({
      args: [join(dirname(server), "peg-bff.js"), "worker"],
      env: { ...keys, DATABASE_URL, REDIS_URL, JWT_SECRET: jwtSecret, LOG_LEVEL: logLevel },
      core: undefined,
      logFile: join(folder, "worker.log"),
    });
    closers.add(worker.stop);
  }
  const tokens = await signTokens(jwtSecret, options.connections);
  const [token = ""] = tokens;
  const peg = createPegClient({ url: `http://127.0.0.1:${ours.port}`, token });
  return { ours, peg, tokens, databaseUrl: postgres.url };
}
