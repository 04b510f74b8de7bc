import { readFileSync } from "node:fs";
import { limitToShare } from "./core-share.js";
import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { openOwnServer } from "./own-server.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { WARM_CALLS } from "./seed.js";
import { median } from "./statistics.js";

const ROUNDS = 5;
/** Short rounds differ by what else the machine does. */
const SECONDS = 5;
const WANTED_RATIO = 1.7;
/** Of a core for each server process: there is enough left for load, Redis and kernel, as if on cores of their own. */
const SHARE = 0.25;

/** Calls a second of one process and of two, in the same rounds. */
export interface Concurrency {
  one: number;
  two: number;
  ratio: number;
  /** The part of a core that each server process had; undefined where all shared what there was. */
  share: number | undefined;
}

/** The processes that answer: what a primary has started, or the server itself. */
function serving(pid: number, count: string): number[] {
  if (count === "1") return [pid];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** Measures a server of one process and one of two, each process on as large a part of a core. */
export async function measureConcurrency(bench: Bench): Promise<Concurrency | undefined> {
  const { closers, progress } = bench;
  // Not on one core, which would be what bounds two processes.
  const load = startLoad(undefined);
  closers.add(load.stop);
  const servers: { port: number; requests: string[] }[] = [];
  let limited = true;
  for (const WEB_CONCURRENCY of ["1", "2"]) {
    // What is closed last was added first: a group can go once its process has.
    const removals: (() => void)[] = [];
    closers.add(async () => removals.forEach((remove) => void remove()));
    const { ours, peg, tokens, databaseUrl } = await openOwnServer(bench, {
      redisCore: undefined,
      env: { WEB_CONCURRENCY },
    });
    if (databaseUrl === undefined) return undefined;
    const { id } = await peg.analysis.create.mutate(makeAnalysis("both", 15));
    for (let i = 0; i < 2 * WARM_CALLS; i++) await peg.pegComparison.get.query({ id });
    for (const pid of serving(ours.pid, WEB_CONCURRENCY)) {
      const share = limitToShare(pid, SHARE);
      if (share) removals.push(share.remove);
      else limited = false;
    }
    // Enough for both of two to have many calls at once, which then share a trip to Redis as those of one do.
    const requests = [...tokens, ...tokens].map((token) => rawRequest(callTarget(id), ours.port, token));
    servers.push({ port: ours.port, requests });
  }
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    progress(`concurrency: round ${round} of ${ROUNDS}`);
    for (const [i, { port, requests }] of servers.entries()) {
      const { answers, seconds } = await load.run({ port, requests, seconds: SECONDS });
      if (round > 0) rates[i as 0 | 1].push(answers / seconds);
    }
  }
  const [one, two] = rates;
  const ratio = median(two.map((rate, i) => rate / (one[i] as number)));
  return { one: median(one), two: median(two), ratio, share: limited ? SHARE : undefined };
}

/** One line. */
export function describeConcurrency(measured: Concurrency | undefined): string {
  if (!measured) return "Two processes: not measured, for want of PostgreSQL";
  const { one, two, ratio, share } = measured;
  const verdict = ratio >= WANTED_RATIO ? "as asked" : "TOO LITTLE";
  const had =
    share === undefined ? "all cores, with load and Redis on them too" : `${share * 100} % of a core`;
  const rates = `${two.toFixed(0)} calls/s, one: ${one.toFixed(0)}; ratio ${ratio.toFixed(2)}`;
  return `Two processes, each with ${had}: ${rates} (at least ${WANTED_RATIO}: ${verdict})`;
}
