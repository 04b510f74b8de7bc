import { readFileSync } from "node:fs";
import { startLoad } from "./load/load.js";
import { makeAnalysis } from "./network.js";
import { openOwnServer } from "./own-server.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { slope } from "./statistics.js";

const ANALYSES = 5_000;
const CALLS = 1_000_000;
const PEGS = 15;
/** Samples over the whole run. */
const STEPS = 40;
const MIB = 1024 * 1024;
/** More than this in the last half is growth, and not the collector's breath. */
const WANTED_MIB = 16;

/** Resident memory of the server after each part of the calls. */
export interface MemoryCourse {
  calls: number[];
  mib: number[];
  /** Of a straight line through the last half, over that half. */
  growthMib: number;
}

function residentMib(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kib) * 1024) / MIB;
}

/** A million cached answers of five thousand analyses, far more than the caches hold. Takes many minutes. */
export async function measureMemory(bench: Bench): Promise<MemoryCourse> {
  const { cores, closers, progress } = bench;
  const { ours, peg, tokens } = await openOwnServer(bench, { core: cores.server, redisCore: cores.load });
  const ids: string[] = [];
  for (let i = 0; i < ANALYSES; i++) {
    const { id } = await peg.analysis.create.mutate(makeAnalysis(`memory-${i}`, PEGS));
    await peg.pegComparison.get.query({ id });
    ids.push(id);
    if (i % 500 === 0) progress(`memory: ${i} of ${ANALYSES} analyses are stored`);
  }
  const load = startLoad(cores.load);
  closers.add(load.stop);
  const course: MemoryCourse = { calls: [], mib: [], growthMib: 0 };
  let calls = 0;
  let next = 0;
  for (let step = 1; step <= STEPS; step++) {
    while (calls < (CALLS / STEPS) * step) {
      // Most ask for the same few, as people do; each round takes others.
      const requests = tokens.map((token) => {
        next = (next + 1) % ids.length;
        return rawRequest(callTarget(ids[next] as string), ours.port, token);
      });
      calls += (await load.run({ port: ours.port, requests, seconds: 0.25 })).allAnswers;
    }
    course.calls.push(calls);
    course.mib.push(residentMib(ours.pid));
    progress(`memory: ${calls} calls, ${course.mib.at(-1)?.toFixed(0)} MiB`);
  }
  const half = STEPS / 2;
  const xs = course.calls.slice(half);
  course.growthMib = slope(xs, course.mib.slice(half)) * ((xs.at(-1) as number) - (xs[0] as number));
  return course;
}

/** One line. */
export function describeMemory({ calls, mib, growthMib }: MemoryCourse): string {
  const verdict = growthMib <= WANTED_MIB ? "flat" : "GROWS";
  const at = [0, mib.length >> 1, mib.length - 1].map(
    (i) => `${(mib[i] as number).toFixed(0)} MiB after ${calls[i]}`,
  );
  return `Memory over ${ANALYSES} analyses: ${at.join(", ")} calls; ${growthMib.toFixed(1)} MiB over the last half (at most ${WANTED_MIB}: ${verdict})`;
}
