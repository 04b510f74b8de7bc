import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { openOwnServer } from "./own-server.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { WARM_CALLS } from "./seed.js";
import { median } from "./statistics.js";

const ROUNDS = 5;
const WANTED_RATIO = 1.7;

/** Calls a second of one process and of two, in the same rounds. */
export interface Concurrency {
  one: number;
  two: number;
  ratio: number;
}

/** Measures a server of one process and one of two, both on all cores; the load has to share these. */
export async function measureConcurrency(bench: Bench): Promise<Concurrency | undefined> {
  const { cores, closers, progress } = bench;
  const load = startLoad(cores.load);
  closers.add(load.stop);
  const servers: { port: number; requests: string[] }[] = [];
  for (const WEB_CONCURRENCY of ["1", "2"]) {
    const { ours, peg, tokens, databaseUrl } = await openOwnServer(bench, {
      redisCore: cores.load,
      env: { WEB_CONCURRENCY },
    });
    if (databaseUrl === undefined) return undefined;
    const { id } = await peg.analysis.create.mutate(makeAnalysis("both", 15));
    for (let i = 0; i < 2 * WARM_CALLS; i++) await peg.pegComparison.get.query({ id });
    const requests = tokens.map((token) => rawRequest(callTarget(id), ours.port, token));
    servers.push({ port: ours.port, requests });
  }
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    progress(`concurrency: round ${round} of ${ROUNDS}`);
    for (const [i, { port, requests }] of servers.entries()) {
      const { answers, seconds } = await load.run({ port, requests, seconds: bench.options.seconds });
      if (round > 0) rates[i as 0 | 1].push(answers / seconds);
    }
  }
  const [one, two] = rates;
  const ratio = median(two.map((rate, i) => rate / (one[i] as number)));
  return { one: median(one), two: median(two), ratio };
}

/** One line. */
export function describeConcurrency(measured: Concurrency | undefined): string {
  if (!measured) return "Two processes: not measured, for want of PostgreSQL";
  const { one, two, ratio } = measured;
  const verdict = ratio >= WANTED_RATIO ? "as asked" : "TOO LITTLE";
  return `Two processes: ${two.toFixed(0)} calls/s, one: ${one.toFixed(0)}; ratio ${ratio.toFixed(2)} (at least ${WANTED_RATIO} where load and Redis have cores of their own: ${verdict})`;
}
