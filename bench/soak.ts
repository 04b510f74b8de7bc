import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, startTcpProxy, type TcpProxy, through } from "../test/faults/tcp-proxy.js";
import { startAnalysisService } from "../test/support/analysis-service.js";
import type { Contender } from "./contenders.js";
import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { SLICE_MS } from "./overload/arrivals.js";
import { type Send, startArrivals } from "./overload/start-arrivals.js";
import { type OwnServer, openOwnServer } from "./own-server.js";
import { readWhenThere } from "./processes.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import {
  judgeSoak,
  type Reading,
  SHARE_OF_CAPACITY,
  SLICE_S,
  type SoakCourse,
  type Watched,
} from "./soak/course.js";
import { quantile } from "./statistics.js";

/** What the server can answer: of that, nearly all is answered in this time. */
const WELL_MS = 100;
/** At each rate: what else the machine does spoils one now and then. */
const TRIALS = 3;
const RATES = 10;
const PEGS = 15;
const ANALYSES = 50;
/** A slice with a fault follows so many without one. */
const CALM_SLICES = 2;
const FAULT_MS = 4_000;
const MIB = 1024 * 1024;

const FAULTS: Fault[] = [
  { kind: "hang" },
  { kind: "reset" },
  { kind: "refuse" },
  { kind: "latency", ms: 200 },
  { kind: "flap", everyMs: 300 },
];

function metricOf(metrics: string, name: string): number {
  const line = metrics.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

async function read({ port, pid }: Contender, watchFile: string): Promise<Omit<Reading, "minute" | "fault">> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await rm(watchFile, { force: true });
  process.kill(pid, "SIGUSR2");
  return {
    ...(await readWhenThere<Watched>(watchFile)),
    residentMib: metricOf(metrics, "process_resident_memory_bytes") / MIB,
    heapMib: metricOf(metrics, "nodejs_heap_size_used_bytes") / MIB,
    handles: metricOf(metrics, "nodejs_active_handles_total"),
    timers: metricOf(metrics, 'nodejs_active_resources{type="Timeout"}') || 0,
  };
}

/**
 * The most a second that is answered well where callers come at their own rate: less than where each of a few waits
 * for its answer before it asks again.
 *
 * @param atMost what those few get
 */
async function findCapacity(send: Send, requests: string[], atMost: number): Promise<number> {
  for (let trial = 0; trial < TRIALS * RATES; trial++) {
    const rate = atMost * 0.9 ** Math.floor(trial / TRIALS);
    const slices = await send({ requests, rate, seconds: 5, whenBusy: "wait" });
    // Connections are made in the first second.
    const steady = slices.slice(1_000 / SLICE_MS);
    const lost = steady.some(({ refused, failed }) => refused.length + failed > 0);
    const times = steady.flatMap(({ ok }) => ok);
    if (!lost && quantile(times, 0.99) <= WELL_MS) return rate;
  }
  throw new Error("no rate is answered well");
}

/** Everything else that people do, again and again; what fails for a fault is done another time. */
async function live({ peg }: OwnServer, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const id = `soak-${i}`;
    const steps = [
      () => peg.analysis.create.mutate(makeAnalysis(id, PEGS)),
      () => peg.pegComparison.get.query({ id }),
      () => peg.analysis.list.query({}),
      () => peg.permission.grant.mutate({ id, user_id: "somebody", permission_type: "read" }),
      () => peg.permission.revoke.mutate({ id, user_id: "somebody", permission_type: "read" }),
      () => peg.pegComparison.recompute.mutate({ id }),
      () => peg.analysis.delete.mutate({ id }),
    ];
    for (const step of steps) await step().catch(() => undefined);
    await sleep(200);
  }
}

/** Runs under load for a long time, each dependency failing in turn. */
export async function measureSoak(bench: Bench): Promise<SoakCourse> {
  const { cores, closers, options, progress } = bench;
  const proxies = new Map<string, TcpProxy>();
  const via = async (name: string, url: string): Promise<string> => {
    const proxy = await startTcpProxy({ port: Number(new URL(url).port) });
    closers.add(() => proxy.stop());
    proxies.set(name, proxy);
    return through(proxy, url);
  };
  const service = await startAnalysisService();
  closers.add(() => service.stop());
  const MCP_URL = (await via("analysis service", service.url)).replace(/\/$/, "");
  const placed = { core: cores.server, redisCore: cores.load };
  const folder = await mkdtemp(join(tmpdir(), "peg-bench-soak-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const watchFile = join(folder, "watched.json");
  const own = await openOwnServer(bench, {
    ...placed,
    env: { MCP_URL, BENCH_WATCH: watchFile },
    nodeOptions: ["--expose-gc", "--import", new URL("./soak/watch-process.mjs", import.meta.url).href],
    via,
  });
  const { ours, peg, tokens } = own;
  const ids: string[] = [];
  for (let i = 0; i < ANALYSES; i++) {
    const { id } = await peg.analysis.create.mutate(makeAnalysis(`kept-${i}`, PEGS));
    await peg.pegComparison.get.query({ id });
    ids.push(id);
  }
  const requests = tokens.map((token, i) =>
    rawRequest(callTarget(ids[i % ids.length] as string), ours.port, token),
  );
  const load = startLoad(cores.load);
  closers.add(load.stop);
  await load.run({ port: ours.port, requests, seconds: 2 });
  const { answers, seconds } = await load.run({ port: ours.port, requests, seconds: 5 });
  await load.stop();
  const send = startArrivals(bench, ours.port);
  const rate = SHARE_OF_CAPACITY * (await findCapacity(send, requests, answers / seconds));

  progress(`soak: ${rate.toFixed(0)} calls a second`);
  let isOver = false;
  const living = live(own, () => isOver);
  const course = { answered: 0, refusedOrFailed: 0, readings: [] as Reading[] };
  const slices = Math.ceil((options.minutes * 60) / SLICE_S);
  const faults = FAULTS.flatMap((fault) => [...proxies].map(([name, proxy]) => ({ name, proxy, fault })));
  for (let slice = 0; slice < slices; slice++) {
    const turn =
      slice % (CALM_SLICES + 1) === CALM_SLICES ? Math.floor(slice / (CALM_SLICES + 1)) : undefined;
    const wrong = turn === undefined ? undefined : faults[turn % faults.length];
    const sent = send({ requests, rate, seconds: SLICE_S, whenBusy: "wait" });
    if (wrong) {
      await wrong.proxy.setFault(wrong.fault);
      await sleep(FAULT_MS);
      await wrong.proxy.heal();
    }
    for (const { ok, refused, failed } of await sent) {
      course.answered += ok.length;
      course.refusedOrFailed += refused.length + failed;
    }
    const reading = await read(ours, watchFile);
    const minute = ((slice + 1) * SLICE_S) / 60;
    const fault = wrong ? `${wrong.name}: ${wrong.fault.kind}` : "";
    course.readings.push({ minute, fault, ...reading });
    const { residentMib, committedMib, buffersMib, handles, timers, loopP99Ms } = reading;
    progress(
      `soak: ${minute.toFixed(1)} of ${options.minutes} minutes, ${residentMib.toFixed(0)} MiB, ` +
        `${committedMib.toFixed(0)} of it the heap, ${buffersMib.toFixed(0)} buffers, ${handles} handles, ${timers} timers, event loop p99 ${loopP99Ms.toFixed(1)} ms ${fault}`,
    );
  }
  isOver = true;
  await living;
  return { minutes: options.minutes, callsASecond: rate, ...course, ...judgeSoak(course.readings) };
}
