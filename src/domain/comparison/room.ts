/** What is smaller goes in at once: it is quick, and takes little. */
const SMALL = 10_000;

/** Gives the room back. */
export type Leave = () => void;

/** Lets only so many rows be worked on at a time, since all of them are in memory then: the rest waits its turn. */
export class Room {
  readonly #waiting: { rows: number; enter(): void }[] = [];
  readonly #size: number;
  #taken = 0;

  /** @param size in rows; what is larger by itself goes in alone */
  constructor(size: number) {
    this.#size = size;
  }

  /** Waits for as much room, in the order of asking: else large ones would wait as long as there are smaller ones. */
  async enter(rows: number): Promise<Leave> {
    const leave = this.enterNow(rows);
    if (leave) return leave;
    await new Promise<void>((enter) => this.#waiting.push({ rows, enter }));
    return this.#leaving(rows);
  }

  /** @returns undefined where there is no room now, or others wait for it */
  enterNow(rows: number): Leave | undefined {
    if (rows <= SMALL) return () => {};
    if (this.#waiting.length > 0 || !this.#fits(rows)) return undefined;
    this.#taken += rows;
    return this.#leaving(rows);
  }

  #fits(rows: number): boolean {
    return this.#taken === 0 || this.#taken + rows <= this.#size;
  }

  #leaving(rows: number): Leave {
    return () => {
      this.#taken -= rows;
      for (let next = this.#waiting[0]; next && this.#fits(next.rows); next = this.#waiting[0]) {
        this.#taken += next.rows;
        this.#waiting.shift();
        next.enter();
      }
    };
  }
}
