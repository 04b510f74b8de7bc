import { createPegClient } from "../../src/client/index.js";
import { startAnalysisService } from "./analysis-service.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "./backend.js";
import { startBalancer } from "./balancer.js";
import { createTestDatabase, createTestRedis } from "./database.js";
import { type Exit, startCli, type TestProcess } from "./process.js";
import { watch } from "./task-processes.js";

export interface RollingRestart {
  /** How long the load goes on, and how long from one replacement to the next. */
  seconds: number;
  everyMs: number;
  keepAliveMs: number;
  drainMs: number;
  /** The analysis service takes up to so long: longer than a drain, so that streams are cut and go on elsewhere. */
  heldMs: number;
}

/** What the clients saw. */
export interface RollingReport {
  replaced: { api: number; worker: number };
  /** Ends of processes other than by themselves with 0. */
  badExits: Exit[];
  calls: number;
  limited: number;
  /** Anything that is neither the answer that was asked for nor 429. */
  errors: string[];
  streams: number;
  streamsWithResult: number;
  /** Of these streams so many connected more than once. */
  streamsResumed: number;
  tasks: Record<string, number>;
  slowestMs: number;
}

const READERS = 3;
const WATCHERS = 3;

/** Two API processes, two workers, PostgreSQL and Redis under load, of which one process after the other is replaced. */
export async function runRollingRestart(options: RollingRestart): Promise<RollingReport> {
  const { seconds, everyMs, keepAliveMs, drainMs, heldMs } = options;
  const [database, redis, service, balancer] = await Promise.all([
    createTestDatabase(),
    createTestRedis(),
    startAnalysisService(),
    startBalancer(),
  ]);
  const env = {
    ...TEST_ENV,
    LOG_LEVEL: "info",
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    MCP_URL: service.url,
    DRAIN_MS: String(drainMs),
    KEEP_ALIVE_MS: String(keepAliveMs),
    RATE_LIMIT_GET: "100000/1m",
    RATE_LIMIT_STATUS: "100000/1m",
    RATE_LIMIT_ALL: "100000/1m",
  };
  const report: RollingReport = {
    replaced: { api: 0, worker: 0 },
    badExits: [],
    calls: 0,
    limited: 0,
    errors: [],
    streams: 0,
    streamsWithResult: 0,
    streamsResumed: 0,
    tasks: {},
    slowestMs: 0,
  };

  const startApi = async () => {
    const process = startCli(["serve"], { ...env, WORKER: "none" });
    const [, url = ""] = await process.waitForLine(/listening on (http:\S+?)"/, 60_000);
    await balancer.add(url);
    return { process, url };
  };
  const startWorker = async () => {
    const process = startCli(["worker"], env);
    await process.waitForLine(/"working"/, 60_000);
    return { process, url: "" };
  };
  const end = async ({ process, url }: { process: TestProcess; url: string }) => {
    const exit = await process.kill("SIGTERM", 60_000);
    if (url) balancer.remove(url);
    if (exit.code !== 0) report.badExits.push(exit);
  };

  const apis = await Promise.all([startApi(), startApi()]);
  const workers = await Promise.all([startWorker(), startWorker()]);
  const tokens = await Promise.all(Array.from({ length: WATCHERS }, (_, i) => tokenFor(`watcher-${i}`)));
  let running = true;
  const ids: string[] = [];

  /** One request, sent once: no client that asks again stands between. */
  async function call(what: string, token: string, path: string, body?: unknown): Promise<unknown> {
    const began = performance.now();
    report.calls++;
    try {
      const response = await fetch(balancer.url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status === 429) report.limited++;
      else if (!response.ok) report.errors.push(`${what}: ${response.status} ${text.slice(0, 300)}`);
      else return JSON.parse(text);
    } catch (error) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message : "";
      report.errors.push(
        `${what}: ${message} (${why}); the balancer's last notes: ${balancer.notes.slice(-4)}`,
      );
    } finally {
      report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - began));
    }
    return undefined;
  }

  const results = "/api/analysis/results";
  async function read(token: string): Promise<void> {
    while (running) {
      const id = ids[Math.floor(Math.random() * ids.length)];
      if (id !== undefined) await call("get", token, `${results}/${id}/peg-comparison`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stores an analysis, has it compared by a task, and watches that to its end. */
  async function compareAndWatch(token: string, client: ReturnType<typeof createPegClient>): Promise<void> {
    const created = await call("create", token, results, sampleAnalysis({ pegs: 20 }));
    const id = (created as { id?: string } | undefined)?.id;
    if (id === undefined) return;
    if (!(await call("start", token, `${results}/${id}/peg-comparison?async=true`))) return;
    const watched = watch(client, id);
    report.streams++;
    await watched.ended.catch((error: unknown) => report.errors.push(`watch: ${String(error)}`));
    if (watched.states.at(-1)?.status === "COMPLETED") report.streamsWithResult++;
    const answer = await call("result", token, `${results}/${id}/peg-comparison`);
    if ((answer as { status?: string } | undefined)?.status !== "COMPLETED")
      report.errors.push(`result: ${JSON.stringify(answer)?.slice(0, 200)}`);
    else if (ids.push(id) > 50) ids.shift();
  }

  /** The same, waiting for the answer: computed in the API process, which may be the one that stops. */
  async function compareAndWait(token: string): Promise<void> {
    const created = await call("create", token, results, sampleAnalysis());
    const id = (created as { id?: string } | undefined)?.id;
    if (id !== undefined) await call("wait", token, `${results}/${id}/peg-comparison`);
  }

  async function repeat(work: () => Promise<void>): Promise<void> {
    while (running) await work();
  }

  const holding = (async () => {
    while (running) {
      const release = service.hold();
      await new Promise((resolve) => setTimeout(resolve, heldMs));
      release();
      await new Promise((resolve) => setTimeout(resolve, heldMs / 3));
    }
  })();
  // Everybody may read everything: what one stores another one reads.
  const admin = await tokenFor("operator", { scope: "peg:admin" });
  let connections = 0;
  const counted: typeof fetch = (input, init) => {
    if (String(input instanceof Request ? input.url : input).includes("watch")) connections++;
    return fetch(input, init);
  };
  const load = Promise.all([
    ...Array.from({ length: READERS }, () => read(admin)),
    ...tokens.map((token) => {
      const client = createPegClient({ url: balancer.url, token, fetch: counted });
      return repeat(() => compareAndWatch(token, client));
    }),
    repeat(() => compareAndWait(admin)),
  ]);

  const began = performance.now();
  const until = began + seconds * 1000;
  // However slow the machine: one of each kind at least.
  for (let turn = 0; began + (turn + 1) * everyMs < until || turn < 2; turn++) {
    const next = began + (turn + 1) * everyMs;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    const [kind, processes, start] =
      turn % 2 === 0 ? (["api", apis, startApi] as const) : (["worker", workers, startWorker] as const);
    const old = processes.shift();
    if (!old) throw new Error("there are always two");
    // In its place, so that for a while there is one less; the next time, beside it.
    const [fresh] = turn % 4 < 2 ? [await end(old).then(start)] : await Promise.all([start(), end(old)]);
    processes.push(fresh);
    report.replaced[kind]++;
  }
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())));
  running = false;
  await Promise.all([load, holding]);
  report.streamsResumed = connections - report.streams;
  const { default: postgres } = await import("postgres");
  const sql = postgres(database.url, { max: 1 });
  const rows = await sql`select status, count(*)::int as n from peg_comparison_tasks group by 1`;
  report.tasks = Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  await sql.end();
  await Promise.all([...apis, ...workers].map(end));
  await balancer.stop();
  await Promise.all([service.stop(), database.drop(), redis.stop()]);
  return report;
}
