/** What is smaller goes in at once: it is quick, and takes little. */
const SMALL = 10_000;

interface Waiting {
  rows: number;
  enter(): void;
}

/** Lets only so many rows be worked on at a time, since all of them are in memory then: the rest waits its turn. */
export class Room {
  readonly #waiting: Waiting[] = [];
  readonly #size: number;
  #taken = 0;

  /** @param size in rows; what is larger by itself goes in alone */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Waits for as much room.
   *
   * @returns what gives it back
   * @throws the signal's reason
   */
  async enter(rows: number, signal?: AbortSignal): Promise<() => void> {
    if (rows <= SMALL) return () => {};
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const waiting = { rows, enter };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        // It may have been in the way.
        this.#letIn();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp);
      this.#waiting.push(waiting);
      this.#letIn();
    });
    return () => {
      this.#taken -= rows;
      this.#letIn();
    };
  }

  /** In the order in which they came: else large ones would wait as long as there are smaller ones. */
  #letIn(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#taken > 0 && this.#taken + next.rows > this.#size) return;
      this.#taken += next.rows;
      this.#waiting.shift();
      next.enter();
    }
  }
}
