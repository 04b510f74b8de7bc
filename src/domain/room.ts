/** Gives the room back. */
export type Leave = () => void;

/** Room for something that grows, of which nobody knows how large it becomes. */
export interface Share {
  /** @returns false where there is no room for so much now; what it had it keeps */
  growTo(size: number): boolean;
  leave: Leave;
}

/** Lets only so much be worked on at a time, since all of it is in memory then: the rest waits its turn. */
export class Room {
  readonly #waiting: { size: number; enter(): void }[] = [];
  readonly #size: number;
  readonly #small: number;
  #taken = 0;

  /**
   * @param size in rows, or whatever is counted; what is larger by itself goes in alone
   * @param small what is no larger goes in at once: it is quick, and takes little
   */
  constructor(size: number, small: number) {
    this.#size = size;
    this.#small = small;
  }

  /**
   * Waits for as much room, in the order of asking: else large ones would wait as long as there are smaller ones.
   *
   * @throws the signal's reason
   */
  async enter(size: number, signal?: AbortSignal): Promise<Leave> {
    signal?.throwIfAborted();
    const leave = this.enterNow(size);
    if (leave) return leave;
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const waiting = { size, enter };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        // It may have been in the way.
        this.#letIn();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(waiting);
    });
    return this.#leaving(size);
  }

  /** Whether somebody waits in line. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns undefined where there is no room now, or others wait for it */
  enterNow(size: number): Leave | undefined {
    if (size <= this.#small) return () => {};
    if (this.isWaitedFor || !this.#fits(size)) return undefined;
    this.#taken += size;
    return this.#leaving(size);
  }

  /** @returns a share of which nothing is taken yet; as long as it is small it takes nothing */
  share(): Share {
    let taken = 0;
    return {
      growTo: (size) => {
        if (size <= this.#small || size <= taken) return true;
        const others = this.#taken - taken;
        if (this.isWaitedFor || (others > 0 && others + size > this.#size)) return false;
        this.#taken = others + size;
        taken = size;
        return true;
      },
      leave: () => {
        this.#taken -= taken;
        taken = 0;
        this.#letIn();
      },
    };
  }

  #fits(size: number): boolean {
    return this.#taken === 0 || this.#taken + size <= this.#size;
  }

  #leaving(size: number): Leave {
    return () => {
      this.#taken -= size;
      this.#letIn();
    };
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.size); next = this.#waiting[0]) {
      this.#taken += next.size;
      this.#waiting.shift();
      next.enter();
    }
  }
}
