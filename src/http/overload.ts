import { performance } from "node:perf_hooks";

/** How often it is looked whether there is too much to do. */
const LOOK_MS = 100;
/** What is asked should not wait longer than so for its turn. */
const WANTED_WAIT_MS = 250;
/** So many may always wait: to do with less would tell little of how quick answers are. */
const ALWAYS_ROOM = 100;
/** The share of the time from which on the event loop is the bottleneck. */
const BUSY = 0.95;
/** Who waits for longer than once or twice this waits for something else than the event loop. */
const FRESH_MS = 1_000;

/** Where it reads the time, and how busy the event loop was since it asked before, from 0 to 1. */
export interface OverloadSources {
  now(): number;
  busyShare(): number;
}

function ofProcess(): OverloadSources {
  let before = performance.eventLoopUtilization();
  return {
    now: () => performance.now(),
    busyShare: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  };
}

/**
 * Tells when more is asked than can be answered: the event loop has no rest, and more callers wait than it answers
 * in the time that they should wait at most. Then only so many are let in as can be answered in that time, so that
 * the work goes into answers which somebody still waits for.
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
  #full = false;
  #lookedAt: number;
  #turnedAt: number;

  constructor(sources: OverloadSources = ofProcess()) {
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

  left(caller: TCaller): void {
    this.#answered++;
    if (!this.#recent.delete(caller)) this.#older.delete(caller);
  }

  #waiting(): number {
    return this.#recent.size + this.#older.size;
  }

  #look(): void {
    const now = this.#sources.now();
    const elapsed = now - this.#lookedAt;
    if (elapsed < LOOK_MS) return;
    this.#room = Math.max(ALWAYS_ROOM, (this.#answered / elapsed) * WANTED_WAIT_MS);
    const busy = this.#sources.busyShare() >= BUSY;
    // It ends with the first look at which nobody had to be refused: else it would let all of them in by turns.
    this.#full = busy && (this.#full ? this.#refused > 0 : this.#waiting() > this.#room);
    this.#answered = 0;
    this.#refused = 0;
    this.#lookedAt = now;
    if (now - this.#turnedAt < FRESH_MS) return;
    this.#older = this.#recent;
    this.#recent = new Set();
    this.#turnedAt = now;
  }
}
