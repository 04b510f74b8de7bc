import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { createPegClient } from "../src/client/index.js";
import { parseConfig } from "../src/config.js";
import { rowsOf } from "../src/db/run-sql.js";
import { createRuntime } from "../src/runtime.js";
import { makeAnalysis } from "./network.js";
import { startChild } from "./processes.js";
import { median } from "./statistics.js";
import { openPostgres } from "./stores.js";
import { signTokens } from "./tokens.js";
import type { Closers } from "./world.js";

const TASKS = 50;
const WANTED_MS = 50;
const CLI = fileURLToPath(new URL("../dist/bundle/peg-bff.js", import.meta.url));

/** How long tasks waited for an idle worker. */
export interface PickUp {
  name: string;
  medianMs: number;
  slowestMs: number;
}

/** Measures the time from the transaction that queues a task to that in which a worker claims it. */
export async function measurePickUp(closers: Closers, progress: (text: string) => void): Promise<PickUp[]> {
  const folder = await mkdtemp(join(tmpdir(), "peg-pick-up-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const measured = [await measure("inline, embedded database", { DATA_DIR: join(folder, "data") }, progress)];
  const { url, stop, note } = await openPostgres();
  closers.add(stop);
  if (!url) {
    progress(`${note}: workers are measured on the embedded database only`);
    return measured;
  }
  const env = { DATABASE_URL: url, DATA_DIR: folder };
  measured.push(await measure("inline, PostgreSQL", env, progress));
  const logFile = join(folder, "worker.log");
  const worker = startChild({ args: [CLI, "worker"], env, core: undefined, logFile });
  closers.add(() => worker.stop());
  while (!(await readFile(logFile, "utf8")).includes('"working"')) await sleep(50);
  measured.push(await measure("separate worker, PostgreSQL", { ...env, WORKER: "none" }, progress));
  return measured;
}

async function measure(
  name: string,
  env: Record<string, string>,
  progress: (text: string) => void,
): Promise<PickUp> {
  progress(`tasks: ${name}`);
  const jwtSecret = "a secret of the bench, of thirty-two bytes or more";
  const limits = { RATE_LIMIT_GET: "9999/1m", RATE_LIMIT_STATUS: "9999/1m", RATE_LIMIT_ALL: "99999/1m" };
  const settings = { ...env, ...limits, PORT: "0", JWT_SECRET: jwtSecret, LOG_LEVEL: "silent" };
  const runtime = await createRuntime(parseConfig(settings));
  try {
    const { url } = await runtime.listen();
    const [token = ""] = await signTokens(jwtSecret, 1);
    const peg = createPegClient({ url, token });
    const ids: string[] = [];
    for (let i = 0; i < TASKS; i++) {
      const { id } = await peg.analysis.create.mutate(makeAnalysis(`pick-up-${crypto.randomUUID()}`, 5));
      const task = await peg.pegComparison.get.query({ id, async: true });
      if (task.status === "COMPLETED") throw new Error("a new analysis has no comparison");
      ids.push(task.task_id);
      // One at a time: the worker is idle when the next one comes.
      while ((await peg.pegComparison.status.query({ id })).status !== "COMPLETED") await sleep(5);
    }
    const rows = rowsOf(
      await runtime.services.db.execute(sql`
        select extract(epoch from started_at - created_at)::float8 * 1000 as ms from peg_comparison_tasks
        where id in (${sql.join(
          ids.map((id) => sql`${id}::uuid`),
          sql`, `,
        )})`),
    );
    const waits = rows.map(({ ms }) => Number(ms));
    return { name, medianMs: median(waits), slowestMs: Math.max(...waits) };
  } finally {
    await runtime.stop();
  }
}

/** One line each, and whether it is as fast as asked. */
export function describePickUp({ name, medianMs, slowestMs }: PickUp): string {
  const verdict = medianMs < WANTED_MS ? "as asked" : "TOO SLOW";
  const figures = `median ${medianMs.toFixed(1)} ms, slowest of ${TASKS} ${slowestMs.toFixed(1)} ms`;
  return `From enqueue to pick-up, ${name}: ${figures} (below ${WANTED_MS} ms: ${verdict})`;
}
