/** Raised where no answer came in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * Bounds how long work is waited for. All that begins in the same turn of the event loop shares a timer: one for each
 * would cost a busy server more than what it waits for.
 */
export class Deadline {
  readonly #ms: number;
  #turn: Turn | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** @throws DeadlineError where the work does not end in time; whatever it comes to after that is nobody's */
  keep<T>(work: Promise<T>): Promise<T> {
    this.#turn ??= this.#begin();
    return this.#turn.keep(work);
  }

  #begin(): Turn {
    setImmediate(() => {
      this.#turn = undefined;
    });
    return new Turn(this.#ms);
  }
}

/** What began in one turn. */
class Turn {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<(error: Error) => void>();

  constructor(ms: number) {
    this.#ms = ms;
  }

  keep<T>(work: Promise<T>): Promise<T> {
    // After a stall of this process the answer may lie there unread: it is read before `#late` runs.
    this.#timer ??= setTimeout(() => setImmediate(() => this.#late()), this.#ms);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      work.then(
        (value) => {
          this.#end(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#end(reject);
          reject(error);
        },
      );
    });
  }

  #end(waiter: (error: Error) => void): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #late(): void {
    for (const reject of this.#waiting) reject(new DeadlineError(`no answer in ${this.#ms} ms`));
    this.#waiting.clear();
  }
}
