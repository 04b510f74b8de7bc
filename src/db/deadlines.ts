import { Lines } from "./lines.js";

const LOOK_MS = 250;
/** A statement, and what a request does besides, are answered or refused within five seconds. */
const ANSWER_MS = 4_500;
/** What is large takes its time: four seconds for each MiB. */
export const MS_PER_BYTE = 4_000 / 2 ** 20;
/** More than so many that wait are refused at once: they would only be given up later. */
const MAX_WAITING = 1_000;

/** How many of the looks make up a time. */
export const looksOf = (ms: number): number => Math.ceil(ms / LOOK_MS);

/** The database did not answer in time. */
export class NoAnswerError extends Error {
  readonly code = "NO_ANSWER";
  constructor(why: string) {
    super(`the database ${why}`);
  }
}

export interface DeadlineOptions {
  answerMs?: number | undefined;
  /** Told of connections that were closed because nothing came. */
  onSilence?: ((connections: number) => void) | undefined;
}

/** What is known of a piece of work that the driver was given. */
export interface Bounds {
  /** How long nothing may come of it. */
  withinMs: number;
  /** Whether it waits for its turn still: then there is no connection to blame. */
  waitsForTurn?: () => boolean;
  /** Takes it back, where it waits for its turn. */
  cancel?: () => void;
}

interface Waiting {
  looks: number;
  /** Bytes that all lines had received when it began. */
  received: number;
  limit: number;
  bounds: Bounds;
  reject(error: Error): void;
}

/** Sees to it that what the driver was given is answered or fails: it has no deadline of its own. */
export class Deadlines {
  readonly lines = new Lines();
  readonly #waiting = new Set<Waiting>();
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly options: DeadlineOptions = {}) {}

  /** How long nothing may come of a statement. */
  get answerMs(): number {
    return this.options.answerMs ?? ANSWER_MS;
  }

  /** Counts on while anybody waits. */
  get looks(): number {
    return this.#looks;
  }

  /** To be asked before the driver is: what it has taken it cannot always be made to forget. */
  refuseIfFull(): void {
    if (this.#waiting.size >= MAX_WAITING) throw new NoAnswerError("has too much to do");
  }

  /** Settles as the work does, or fails where nothing comes of it. */
  within<T>(work: PromiseLike<T>, bounds: Bounds): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const limit = looksOf(bounds.withinMs);
      const waiting = this.#add({ looks: 0, received: 0, limit, bounds, reject });
      work.then(
        (value) => {
          this.#remove(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#remove(waiting);
          reject(error as Error);
        },
      );
    });
  }

  #add(waiting: Waiting): Waiting {
    if (this.#waiting.size === 0) {
      // What moved while nobody waited is no sign of life.
      this.lines.look();
      this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    }
    waiting.received = this.lines.received;
    this.#waiting.add(waiting);
    return waiting;
  }

  #remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size === 0) clearInterval(this.#timer);
  }

  #look(): void {
    this.#looks++;
    this.lines.look();
    let closed = 0;
    const longest = Math.max(...[...this.#waiting].map(({ limit }) => limit));
    for (const waiting of [...this.#waiting]) {
      const { limit, bounds } = waiting;
      waiting.looks++;
      if (waiting.looks < limit) continue;
      if (bounds.waitsForTurn?.()) this.#giveUp(waiting);
      else {
        // Something moved on its own since it was given to the driver.
        const dead = this.lines.closeSilent({ from: limit, to: waiting.looks - 1 });
        // Those that are idle may be as dead, and would cost a caller each; unless one of them may be at long work.
        const others = dead > 0 && limit === longest;
        closed += dead + (others ? this.lines.closeSilent({ from: limit, to: Number.POSITIVE_INFINITY }) : 0);
        // The driver fails what waited on those. What waits still has an answer that comes, or trickles.
        const comes = looksOf((this.lines.received - waiting.received) * MS_PER_BYTE);
        if (waiting.looks > limit + 1 + comes) this.#giveUp(waiting);
      }
    }
    if (closed) this.options.onSilence?.(closed);
  }

  #giveUp(waiting: Waiting): void {
    const { bounds, reject } = waiting;
    this.#remove(waiting);
    if (bounds.waitsForTurn?.()) bounds.cancel?.();
    reject(new NoAnswerError("did not answer in time"));
  }
}
