import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, startOurs, startRival } from "./contenders.js";
import { type Load, startLoad } from "./load/load.js";
import type { Cores, Options } from "./options.js";
import { seedCases, seedPlain } from "./seed.js";
import type { Case, Setup } from "./setup.js";
import { openPostgres, openRedis } from "./stores.js";
import { signTokens } from "./tokens.js";

/** Everything that runs during a bench. */
export interface World {
  ours: Contender;
  rivals: Record<"bare" | "baseline" | "plain", Contender>;
  load: Load;
  cases: Case[];
  tokens: string[];
}

/** Closes things in the order opposite to that in which they were opened, whatever fails meanwhile. */
export class Closers {
  #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async closeAll(): Promise<void> {
    const closers = this.#closers.reverse();
    this.#closers = [];
    for (const close of closers) await close().catch((error: unknown) => console.error(error));
  }
}

/** Starts the servers, stores the analyses, and warms the caches. What it starts is closed by `closers`. */
export async function openWorld(options: {
  bench: Pick<Options, "server" | "logLevel" | "connections">;
  nodeOptions?: string[];
  /** More for our server's environment. */
  env?: Record<string, string>;
  cores: Cores;
  closers: Closers;
  progress: (text: string) => void;
}): Promise<World> {
  const { bench, nodeOptions = [], env = {}, cores, closers, progress } = options;
  const folder = await mkdtemp(join(tmpdir(), "peg-bench-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const redis = await openRedis(cores.load);
  closers.add(redis.stop);
  progress(redis.note);
  const postgres = await openPostgres();
  closers.add(postgres.stop);
  progress(postgres.note);

  const jwtSecret = randomBytes(32).toString("base64url");
  const tokens = await signTokens(jwtSecret, bench.connections);
  const ours = await startOurs({
    server: bench.server,
    nodeOptions,
    env,
    core: cores.server,
    folder,
    jwtSecret,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    logLevel: bench.logLevel,
  });
  closers.add(ours.stop);
  progress("storing and comparing the analyses");
  const cases = await seedCases(ours.port, tokens[0] as string, folder);
  if (redis.url) await seedPlain(redis.url, cases);
  const setup: Setup = { jwtSecret, redisUrl: redis.url, cases };
  const setupFile = join(folder, "setup.json");
  await writeFile(setupFile, JSON.stringify(setup));

  const rival = async (name: "bare" | "baseline" | "plain") => {
    const contender = await startRival(name, { core: cores.server, folder, setupFile });
    closers.add(contender.stop);
    return contender;
  };
  const rivals = {
    bare: await rival("bare"),
    baseline: await rival("baseline"),
    plain: await rival("plain"),
  };
  const load = startLoad(cores.load);
  closers.add(load.stop);
  return { ours, rivals, load, cases, tokens };
}
