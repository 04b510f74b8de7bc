import { TimeReader } from "./read-time.js";

/** The number of a sample without a time. */
export const UNTIMED = 2 ** 32 - 1;

/** Numbers for the distinct instants of one period, in the order in which they come. */
export class Instants {
  /** Milliseconds since 1970. */
  readonly times: number[] = [];
  /** As each was written first. */
  readonly #texts: string[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #reader = new TimeReader();
  #latest = Number.NEGATIVE_INFINITY;
  #last = 0;

  /** Of a time as text; what is no time counts as none. */
  numberOfText(text: string | undefined): number {
    if (text === undefined) return UNTIMED;
    // Times come in order, and come again from cell to cell and from KPI to KPI: then nothing is read.
    if (this.#texts[this.#last] === text) return this.#last;
    if (this.#texts[this.#last + 1] === text) return ++this.#last;
    return this.#numberOf(this.#reader.read(text), text);
  }

  /** @param time NaN for none */
  numberOf(time: number): number {
    return this.#numberOf(time, "");
  }

  #numberOf(time: number, text: string): number {
    const { times } = this;
    if (times[this.#last] === time) return this.#last;
    if (times[this.#last + 1] === time) return ++this.#last;
    if (Number.isNaN(time)) return UNTIMED;
    if (time > this.#latest) {
      this.#latest = time;
      this.#last = this.#add(time, text);
    } else {
      this.#last = times[0] === time ? 0 : this.#lookUp(time, text);
    }
    return this.#last;
  }

  #lookUp(time: number, text: string): number {
    for (let i = this.#numbers.size; i < this.times.length; i++)
      this.#numbers.set(this.times[i] as number, i);
    let number = this.#numbers.get(time);
    if (number === undefined) {
      number = this.#add(time, text);
      this.#numbers.set(time, number);
    }
    return number;
  }

  #add(time: number, text: string): number {
    this.#texts.push(text);
    return this.times.push(time) - 1;
  }
}
