import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../test/support/ports.js";
import { startChild } from "./processes.js";
import type { Bench } from "./section.js";
import { median } from "./statistics.js";
import { openPostgres } from "./stores.js";
import { signTokens } from "./tokens.js";

const ROUNDS = 5;
const JWT_SECRET = "a secret of the bench, of thirty-two bytes or more";
/** Opens an embedded database by itself, as ours does, and leaves. */
const BARE_EMBEDDED = `
import { PGlite } from "@electric-sql/pglite";
const db = await PGlite.create({ dataDir: process.env.DATA_DIR, relaxedDurability: false });
await db.query("select 1");
process.exit(0);`;
const BARE_POSTGRES = `
import postgres from "postgres";
await postgres(process.env.DATABASE_URL)\`select 1\`;
process.exit(0);`;

/** From nothing to the first answer of a call, in ms, medians. */
export interface StartUp {
  name: string;
  wantedMs: number;
  ms: number;
  /** Node and the database's own driver or engine alone, from nothing to the answer of one query. */
  bareMs: number;
}

async function firstAnswer(server: string, env: Record<string, string>, folder: string): Promise<number> {
  const port = await freePort();
  const [token = ""] = await signTokens(JWT_SECRET, 1);
  const headers = { authorization: `Bearer ${token}` };
  const start = performance.now();
  const settings = { ...env, JWT_SECRET, PORT: String(port) };
  const child = startChild({ args: [server], env: settings, core: undefined, logFile: join(folder, "log") });
  try {
    for (;;) {
      const answered = await fetch(`http://127.0.0.1:${port}/api/analysis/results`, { headers }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return performance.now() - start;
      await sleep(5);
    }
  } finally {
    await child.stop();
  }
}

async function bare(script: string, env: Record<string, string>, folder: string): Promise<number> {
  const start = performance.now();
  const args = ["--input-type=module", "-e", script];
  const child = startChild({ args, env, core: undefined, logFile: join(folder, "bare.log") });
  await new Promise((resolve) => child.process.once("exit", resolve));
  return performance.now() - start;
}

/** Starts our server from nothing to its first answer, in turn with the bare database. */
export async function measureStartUp({ options, closers, progress }: Bench): Promise<StartUp[]> {
  const folder = await mkdtemp(join(tmpdir(), "peg-start-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const postgres = await openPostgres();
  closers.add(postgres.stop);
  progress(postgres.note);
  let number = 0;
  const fresh = () => ({ DATA_DIR: join(folder, `data-${number++}`) });
  const [kept, bareKept] = [fresh(), fresh()];
  await firstAnswer(options.server, kept, folder);
  await bare(BARE_EMBEDDED, bareKept, folder);
  const ways = [
    { name: "embedded, new directory", wantedMs: 3000, env: fresh, bareEnv: fresh, bare: BARE_EMBEDDED },
    {
      name: "embedded, existing directory",
      wantedMs: 3000,
      env: () => kept,
      bareEnv: () => bareKept,
      bare: BARE_EMBEDDED,
    },
  ];
  const { url } = postgres;
  if (url) {
    const env = () => ({ ...kept, DATABASE_URL: url });
    ways.unshift({ name: "PostgreSQL", wantedMs: 1500, env, bareEnv: env, bare: BARE_POSTGRES });
  }
  const results: StartUp[] = [];
  for (const { name, wantedMs, env, bareEnv, bare: script } of ways) {
    progress(`start: ${name}`);
    const [ours, others]: [number[], number[]] = [[], []];
    // The first one migrates, or creates, what the others find.
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await firstAnswer(options.server, env(), folder));
      others.push(await bare(script, bareEnv(), folder));
    }
    results.push({ name, wantedMs, ms: median(ours), bareMs: median(others) });
  }
  return results;
}

/** One line each. */
export function describeStartUp(starts: readonly StartUp[]): string {
  return starts
    .map(({ name, wantedMs, ms, bareMs }) => {
      const verdict = ms <= wantedMs ? "as asked" : "TOO SLOW";
      const share = `node and the database alone ${bareMs.toFixed(0)} ms, ours ${(ms - bareMs).toFixed(0)} ms`;
      return `Start to the first answer, ${name}: ${ms.toFixed(0)} ms (${share}; at most ${wantedMs} ms: ${verdict})`;
    })
    .join("\n");
}
