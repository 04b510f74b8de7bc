import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { type OwnServer, openOwnServer } from "./own-server.js";
import { keepToCore } from "./processes.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { WARM_CALLS } from "./seed.js";
import { median } from "./statistics.js";

const PEGS = 15;
/** Half a million rows. */
const LARGE_PEGS = 2_000;
const LARGE_HOURS = 125;
const CALLERS = 8;
const PAUSE_MS = 20;
const SECONDS = 8;
const ROUNDS = 3;
const WANTED_RATIO = 2;

/** How long one in a hundred cached answers took at least, in ms, of each round. */
interface Rounds {
  rows: number;
  alone: number[];
  comparing: number[];
}

/** With the server at both, on all cores; and with a worker apart, as `compose.yaml` runs it, off the server's core. */
export interface WhileComparing {
  inline: Rounds;
  apart: Rounds | undefined;
}

/** Asks for cached answers at an even pace, by itself and while the largest analysis is compared again and again. */
export async function measureWhileComparing(bench: Bench): Promise<WhileComparing> {
  const { cores, closers } = bench;
  const inline = await measureRounds(bench, await openOwnServer(bench, { redisCore: cores.load }));
  await closers.closeAll();
  // What it starts from now on stays on this core, unless it is told another.
  const release = keepToCore(cores.load);
  closers.add(async () => release());
  const own = await openOwnServer(bench, { core: cores.server, workerApart: true });
  return { inline, apart: own.databaseUrl === undefined ? undefined : await measureRounds(bench, own) };
}

async function measureRounds({ cores, closers, progress }: Bench, own: OwnServer): Promise<Rounds> {
  const { ours, peg, tokens } = own;
  const { id } = await peg.analysis.create.mutate(makeAnalysis("small", PEGS));
  progress("comparing: storing half a million rows");
  const large = await peg.analysis.create.mutate(makeAnalysis("large", LARGE_PEGS, LARGE_HOURS));
  for (let i = 0; i < WARM_CALLS; i++) await peg.pegComparison.get.query({ id });
  const load = startLoad(cores.load);
  closers.add(load.stop);
  const requests = tokens.slice(0, CALLERS).map((token) => rawRequest(callTarget(id), ours.port, token));
  const pace = async (seconds: number) =>
    (await load.run({ port: ours.port, requests, seconds, pauseMs: PAUSE_MS })).p99Ms;
  await pace(2);
  const result: Rounds = { rows: large.rows, alone: [], comparing: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`comparing: round ${round} of ${ROUNDS}`);
    result.alone.push(await pace(SECONDS));
    let goesOn = true;
    const work = (async () => {
      while (goesOn) {
        await peg.pegComparison.recompute.mutate({ id: large.id });
        await untilDone(peg, large.id);
      }
    })();
    result.comparing.push(await pace(SECONDS));
    goesOn = false;
    await work;
  }
  return result;
}

async function untilDone(peg: OwnServer["peg"], id: string): Promise<void> {
  for (;;) {
    const { status } = await peg.pegComparison.status.query({ id });
    if (status === "COMPLETED") return;
    if (status === "FAILED") throw new Error("the large analysis could not be compared");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A line for each. */
export function describeWhileComparing({ inline, apart }: WhileComparing): string {
  const lines = [describeRounds("p99 of cached answers, comparisons in the same process", inline)];
  if (apart) lines.push(describeRounds("p99 of cached answers, comparisons in a worker apart", apart));
  return lines.join("\n");
}

function describeRounds(what: string, { rows, alone, comparing }: Rounds): string {
  const ratio = median(comparing.map((ms, i) => ms / (alone[i] as number)));
  const list = (values: number[]) => values.map((ms) => ms.toFixed(1)).join(", ");
  const verdict = ratio <= WANTED_RATIO ? "as asked" : "TOO SLOW";
  return `${what}: ${list(alone)} ms; while ${rows} rows are compared: ${list(comparing)} ms; median ratio ${ratio.toFixed(2)} (at most ${WANTED_RATIO}: ${verdict})`;
}
