import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { openOwnServer } from "./own-server.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { WARM_CALLS } from "./seed.js";

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
export interface WhileComparing {
  rows: number;
  alone: number[];
  comparing: number[];
}

/** Asks for cached answers at an even pace, by itself and while the largest analysis is compared again and again. */
export async function measureWhileComparing(bench: Bench): Promise<WhileComparing> {
  const { cores, closers, progress } = bench;
  const { ours, peg, tokens } = await openOwnServer(bench, { redisCore: cores.load });
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
  const result: WhileComparing = { rows: large.rows, alone: [], comparing: [] };
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

async function untilDone(peg: Awaited<ReturnType<typeof openOwnServer>>["peg"], id: string): Promise<void> {
  for (;;) {
    const { status } = await peg.pegComparison.status.query({ id });
    if (status === "COMPLETED") return;
    if (status === "FAILED") throw new Error("the large analysis could not be compared");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One line. */
export function describeWhileComparing({ rows, alone, comparing }: WhileComparing): string {
  const ratios = comparing.map((ms, i) => ms / (alone[i] as number));
  const ratio = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)] as number;
  const list = (values: number[]) => values.map((ms) => ms.toFixed(1)).join(", ");
  const verdict = ratio <= WANTED_RATIO ? "as asked" : "TOO SLOW";
  return `p99 of cached answers: ${list(alone)} ms; while ${rows} rows are compared: ${list(comparing)} ms; median ratio ${ratio.toFixed(2)} (at most ${WANTED_RATIO}: ${verdict})`;
}
