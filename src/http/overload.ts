import { performance } from "node:perf_hooks";

/** How often it is looked whether there is too much to do. */
const LOOK_MS = 100;
/** What is asked should not wait longer than so for its turn. */
const WANTED_WAIT_MS = 250;
/** So many may always wait: to do with less would tell little of how quick answers are. */
const ALWAYS_ROOM = 64;
/** It is too much where twice as many wait at each of so many looks, and over after as many: a burst passes by itself. */
const BURST_ROOM = 2 * ALWAYS_ROOM;
const LOOKS = 5;
/** The share of the time from which on the event loop is what all wait for. */
const BUSY = 0.8;
/** Who waits for longer than once or twice this waits for something else. */
const FRESH_MS = 3_000;

/** Where it reads the time, and whether what answers had no rest since it asked before. */
export interface OverloadSources {
  now(): number;
  isBusy(): boolean;
}

/** Tells whether the event loop had no rest since the call before. */
export function watchEventLoop(): () => boolean {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization >= BUSY;
  };
}

/**
 * Tells when more is asked than can be answered: what answers has no rest, and more callers wait than are answered in
 * the time that they should wait at most. Then only so many are let in as can be answered in that time, so that the
 * work goes into answers which somebody still waits for. Callers who wait for something else, the analysis service
 * for one, refuse nobody.
 *
 * @typeParam TCaller what is one caller, however much it asks at once: a connection
 */
export class Overload<TCaller> {
  readonly #sources: OverloadSources;
  #recent = new Set<TCaller>();
  #older = new Set<TCaller>();
  #answered = 0;
  #refused = 0;
  #room = ALWAYS_ROOM;
  /** At how many looks more it was otherwise than `full` says than it was so. */
  #otherwise = 0;
  #full = false;
  #lookedAt: number;
  #turnedAt: number;

  constructor(sources: OverloadSources) {
    this.#sources = sources;
    this.#lookedAt = sources.now();
    this.#turnedAt = this.#lookedAt;
  }

  /** Whether some are refused at present. */
  get full(): boolean {
    return this.#full;
  }

  /** @returns whether it may be served; then its `left` is to follow */
  enter(caller: TCaller): boolean {
    this.#look();
    if (this.#full && this.#waiting() >= this.#room) {
      this.#refused++;
      return false;
    }
    if (!this.#older.has(caller)) this.#recent.add(caller);
    return true;
  }

  /** @param answered whether it got all of its answer: of who leaves before, none would follow in its time */
  left(caller: TCaller, answered: boolean): void {
    if (answered) this.#answered++;
    if (!this.#recent.delete(caller)) this.#older.delete(caller);
  }

  #waiting(): number {
    return this.#recent.size + this.#older.size;
  }

  #look(): void {
    const now = this.#sources.now();
    const elapsed = now - this.#lookedAt;
    if (elapsed < LOOK_MS) return;
    const inTime = (this.#answered / elapsed) * WANTED_WAIT_MS;
    this.#room = Math.max(ALWAYS_ROOM, inTime);
    const busy = this.#sources.isBusy();
    const tooMuch = busy && this.#waiting() > Math.max(BURST_ROOM, inTime);
    // What is let in keeps the event loop busy: it ends where nobody has to be refused.
    const otherwise = this.#full ? !busy || this.#refused === 0 : tooMuch;
    // One look that is an exception does not begin the count anew.
    this.#otherwise = Math.max(0, this.#otherwise + (otherwise ? 1 : -1));
    if (this.#otherwise >= LOOKS) {
      this.#full = !this.#full;
      this.#otherwise = 0;
    }
    this.#answered = 0;
    this.#refused = 0;
    this.#lookedAt = now;
    if (now - this.#turnedAt < FRESH_MS) return;
    this.#older = this.#recent;
    this.#recent = new Set();
    this.#turnedAt = now;
  }
}
