import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLoad } from "./load/load.js";
import { SLICE_MS, type Slice } from "./overload/arrivals.js";
import { startArrivals } from "./overload/start-arrivals.js";
import { openOwnServer } from "./own-server.js";
import { callTarget, rawRequest } from "./requests.js";
import type { Bench } from "./section.js";
import { seedCases } from "./seed.js";
import { quantile } from "./statistics.js";

/** Arrivals, as a multiple of the most that is answered. */
const FACTOR = 3;
const SECONDS = 10;
const AFTER_SECONDS = 12;
/** An answer that comes later helps nobody. */
const USEFUL_MS = 1_000;
const WANTED = { goodput: 0.8, refusalMs: 50, recoveryMs: 10_000 };

/** One kind of call, at three times what the server can answer, and after that. */
export interface OverloadCourse {
  call: string;
  /** Calls a second where nobody has to wait for the next one. */
  peak: number;
  /** Calls a second that arrived. */
  offered: number;
  /** Answers in useful time, as a share of the peak. */
  goodput: number;
  refusals: number;
  /** Calls a second for which there was no connection: all were waiting for an answer. */
  turnedAway: number;
  /** How long the slowest of a hundred took to be refused; NaN where none was. */
  refusalP99Ms: number;
  failed: number;
  /** From the end of the overload until nearly all calls are answered in useful time. */
  recoveryMs: number;
  /** The longest that the load itself was late in half of the time. */
  loadLateMs: number;
}

/** Asks for more than the server can answer, of cheap calls and of costly ones. */
export async function measureOverload(bench: Bench): Promise<OverloadCourse[]> {
  const { cores, closers, progress } = bench;
  const folder = await mkdtemp(join(tmpdir(), "peg-overload-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const { ours, tokens } = await openOwnServer(bench, { core: cores.server, redisCore: cores.load });
  const { port } = ours;
  const [small, big] = await seedCases(port, tokens[0] as string, folder);
  if (!small || !big) throw new Error("no analyses");
  const targets = {
    "cached get, 15 PEGs": callTarget(small.id),
    "cached get, 500 PEGs": callTarget(big.id),
    "course of one PEG": `/api/analysis/results/${small.id}/series?peg_name=Peg_Counter_000`,
    "list of analyses": "/api/analysis/results",
  };
  const send = startArrivals(bench, port);
  const courses: OverloadCourse[] = [];
  for (const [call, target] of Object.entries(targets)) {
    const requests = tokens.map((token) => rawRequest(target, port, token));
    const load = startLoad(cores.load);
    closers.add(load.stop);
    await load.run({ port, requests, seconds: 2 });
    const { answers, seconds } = await load.run({ port, requests, seconds: 4 });
    await load.stop();
    const peak = answers / seconds;
    progress(`overload: ${call}, at most ${peak.toFixed(0)} a second`);
    // Users do not wait for a connection of another's: a proxy before the server would turn them away.
    const whenBusy = "turn-away";
    const over = await send({ requests, rate: FACTOR * peak, seconds: SECONDS, whenBusy });
    const after = await send({ requests, rate: peak / 2, seconds: AFTER_SECONDS, whenBusy });
    courses.push({ call, peak, ...readCourse(peak, over, after) });
  }
  return courses;
}

function isWell({ arrived, ok }: Slice): boolean {
  return ok.filter((ms) => ms <= USEFUL_MS).length >= 0.99 * arrived;
}

function readCourse(peak: number, over: Slice[], after: Slice[]): Omit<OverloadCourse, "call" | "peak"> {
  // The first second is the way into overload.
  const steady = over.slice(1_000 / SLICE_MS);
  const seconds = (steady.length * SLICE_MS) / 1_000;
  const sum = (count: (slice: Slice) => number) => steady.reduce((all, slice) => all + count(slice), 0);
  const refused = steady.flatMap((slice) => slice.refused);
  return {
    offered: sum(({ arrived }) => arrived) / seconds,
    goodput: sum(({ ok }) => ok.filter((ms) => ms <= USEFUL_MS).length) / seconds / peak,
    refusals: refused.length,
    turnedAway: sum(({ turnedAway }) => turnedAway) / seconds,
    refusalP99Ms: quantile(refused, 0.99),
    failed: sum(({ failed }) => failed),
    recoveryMs: (after.findLastIndex((slice) => !isWell(slice)) + 1) * SLICE_MS,
    loadLateMs: quantile(
      steady.map(({ lateMs }) => lateMs),
      0.5,
    ),
  };
}

/** One line for each kind of call. */
export function describeOverload(courses: readonly OverloadCourse[]): string {
  const verdict = (fits: boolean) => (fits ? "as asked" : "NOT AS ASKED");
  return courses
    .map((course) => {
      const { call, peak, offered, goodput, refusals, refusalP99Ms, turnedAway, failed } = course;
      const { recoveryMs, loadLateMs } = course;
      const slowest = refusals
        ? `p99 ${refusalP99Ms.toFixed(0)} ms (${verdict(refusalP99Ms <= WANTED.refusalMs)})`
        : "none";
      return (
        `Overload, ${call}: ${offered.toFixed(0)} a second where ${peak.toFixed(0)} are answered; ` +
        `in ${USEFUL_MS} ms ${(100 * goodput).toFixed(0)} % of those (${verdict(goodput >= WANTED.goodput)}), ` +
        `refusals ${slowest}, ${turnedAway.toFixed(0)} a second found no connection, failed ${failed}, ` +
        `well again after ${recoveryMs} ms (${verdict(recoveryMs <= WANTED.recoveryMs)}); ` +
        `the load itself was late by ${loadLateMs.toFixed(0)} ms`
      );
    })
    .join("\n");
}
