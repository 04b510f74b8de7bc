import { median, slope } from "../statistics.js";

/** Of what the server can answer. */
export const SHARE_OF_CAPACITY = 0.7;
/** Of the course; something may go wrong in each. */
export const SLICE_S = 10;
/** Until caches are filled and code is compiled. */
const WARM_SHARE = 0.25;
const WANTED = { mibIn10Minutes: 1, loopP99Ms: 50, growth: 1.1 };

/** As watch-process.mjs writes it. */
export interface Watched {
  /** Of the event loop's delays since the reading before. */
  loopP99Ms: number;
  /** And since the start. */
  wholeLoopP99Ms: number;
  /** On the process itself. */
  listeners: number;
  /** What V8 has for its heap, whether used or not. */
  committedMib: number;
  /** The rest of what is resident: code, threads, and what is allocated outside of the heap. */
  outsideMib: number;
  /** Of that, what objects of the heap hold, buffers most of all. */
  buffersMib: number;
  /** What a whole collection leaves on the heap, with what that holds outside; told once a minute. */
  liveMib?: number;
  /** Warnings of emitters and signals with too many listeners. */
  piledUp: number;
}

/** What the server tells of itself at the end of a slice. */
export interface Reading extends Watched {
  minute: number;
  /** What was wrong meanwhile. */
  fault: string;
  residentMib: number;
  heapMib: number;
  handles: number;
  timers: number;
}

/** A long time under load, with faults now and then. */
export interface SoakCourse {
  minutes: number;
  callsASecond: number;
  answered: number;
  refusedOrFailed: number;
  readings: Reading[];
  mibIn10Minutes: number;
  committedMibIn10Minutes: number;
  outsideMibIn10Minutes: number;
  /** Of what lives. */
  liveMibIn10Minutes: number;
  /** The least that the heap held in each quarter: what its collections leave. */
  heapFloorsMib: number[];
  /** At the end, as a multiple of what it was after warming up; of calm slices. */
  handleGrowth: number;
  timerGrowth: number;
  listenerGrowth: number;
  piledUp: number;
  loopP99Ms: number;
  worstSliceP99Ms: number;
}

/** What a course comes to. */
export function judgeSoak(readings: readonly Reading[]) {
  const warm = readings.slice(Math.floor(readings.length * WARM_SHARE));
  const calm = warm.filter(({ fault }) => fault === "");
  const growth = (of: (reading: Reading) => number): number => {
    const half = Math.floor(calm.length / 2);
    return median(calm.slice(half).map(of)) / median(calm.slice(0, half).map(of));
  };
  const quarter = Math.ceil(readings.length / 4);
  const minutes = warm.map(({ minute }) => minute);
  const in10Minutes = (of: (reading: Reading) => number): number => 10 * slope(minutes, warm.map(of));
  const collected = warm.filter(({ liveMib }) => liveMib !== undefined);
  return {
    liveMibIn10Minutes:
      10 *
      slope(
        collected.map(({ minute }) => minute),
        collected.map(({ liveMib = 0 }) => liveMib),
      ),
    mibIn10Minutes: in10Minutes(({ residentMib }) => residentMib),
    committedMibIn10Minutes: in10Minutes(({ committedMib }) => committedMib),
    outsideMibIn10Minutes: in10Minutes(({ outsideMib }) => outsideMib),
    heapFloorsMib: [0, 1, 2, 3]
      .map((i) => readings.slice(i * quarter, (i + 1) * quarter))
      .filter((some) => some.length > 0)
      .map((some) => Math.min(...some.map(({ heapMib }) => heapMib))),
    handleGrowth: growth(({ handles }) => handles),
    timerGrowth: growth(({ timers }) => timers),
    listenerGrowth: growth(({ listeners }) => listeners),
    piledUp: readings.at(-1)?.piledUp ?? 0,
    loopP99Ms: readings.at(-1)?.wholeLoopP99Ms ?? Number.NaN,
    worstSliceP99Ms: Math.max(...warm.map(({ loopP99Ms }) => loopP99Ms)),
  };
}

/** A few lines. */
export function describeSoak(course: SoakCourse): string {
  const { minutes, callsASecond, answered, refusedOrFailed, readings } = course;
  const { mibIn10Minutes, committedMibIn10Minutes, outsideMibIn10Minutes, liveMibIn10Minutes } = course;
  const { handleGrowth, timerGrowth, listenerGrowth, piledUp } = course;
  const { loopP99Ms, worstSliceP99Ms } = course;
  const floors = course.heapFloorsMib.map((mib) => mib.toFixed(0)).join(", ");
  const lives = readings.flatMap(({ liveMib }) => (liveMib === undefined ? [] : [liveMib]));
  const lived = `${lives[0]?.toFixed(1)} to ${lives.at(-1)?.toFixed(1)}`;
  const verdict = (fits: boolean) => (fits ? "as asked" : "NOT AS ASKED");
  const first = readings[Math.floor(readings.length * WARM_SHARE)];
  const flat = Math.max(handleGrowth, timerGrowth, listenerGrowth) <= WANTED.growth && piledUp === 0;
  return [
    `Soak of ${minutes} minutes at ${callsASecond.toFixed(0)} calls a second (${SHARE_OF_CAPACITY * 100} % of the most that is answered well), each dependency failing in turn: ${answered} answered, ${refusedOrFailed} refused or failed`,
    `  resident memory ${first?.residentMib.toFixed(0)} to ${readings.at(-1)?.residentMib.toFixed(0)} MiB, ${mibIn10Minutes.toFixed(2)} MiB in 10 minutes (below ${WANTED.mibIn10Minutes}: ${verdict(mibIn10Minutes < WANTED.mibIn10Minutes)}): heap ${committedMibIn10Minutes.toFixed(2)}, the rest ${outsideMibIn10Minutes.toFixed(2)}; least heap of each quarter ${floors} MiB`,
    `  of that what lives, after a whole collection each minute: ${lived} MiB, ${liveMibIn10Minutes.toFixed(2)} MiB in 10 minutes (below ${WANTED.mibIn10Minutes}: ${verdict(liveMibIn10Minutes < WANTED.mibIn10Minutes)})`,
    `  handles ${handleGrowth.toFixed(2)} times, timers ${timerGrowth.toFixed(2)} times, listeners of the process ${listenerGrowth.toFixed(2)} times from the first to the second half, ${piledUp} warnings of listeners that pile up (flat: ${verdict(flat)})`,
    `  event loop p99 ${loopP99Ms.toFixed(1)} ms (below ${WANTED.loopP99Ms}: ${verdict(loopP99Ms < WANTED.loopP99Ms)}), of the worst ${SLICE_S} s ${worstSliceP99Ms.toFixed(1)} ms`,
  ].join("\n");
}
