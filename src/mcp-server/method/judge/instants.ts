/** The number of a sample without a time. */
export const UNTIMED = 2 ** 32 - 1;

/** Numbers for the distinct instants of one period, in the order in which they come. */
export class Instants {
  /** Milliseconds since 1970. */
  readonly times: number[] = [];
  readonly #numbers = new Map<number, number>();
  #latest = Number.NEGATIVE_INFINITY;
  #last = 0;

  /** @param time NaN for none */
  numberOf(time: number): number {
    const { times } = this;
    // Times come in order, and come again from cell to cell and from KPI to KPI: then nothing is looked up.
    if (times[this.#last] === time) return this.#last;
    if (times[this.#last + 1] === time) return ++this.#last;
    if (Number.isNaN(time)) return UNTIMED;
    if (time > this.#latest) {
      this.#latest = time;
      this.#last = times.push(time) - 1;
    } else if (times[0] === time) {
      this.#last = 0;
    } else {
      this.#last = this.#lookUp(time);
    }
    return this.#last;
  }

  #lookUp(time: number): number {
    const { times } = this;
    for (let i = this.#numbers.size; i < times.length; i++) this.#numbers.set(times[i] as number, i);
    let number = this.#numbers.get(time);
    if (number === undefined) {
      number = times.push(time) - 1;
      this.#numbers.set(time, number);
    }
    return number;
  }
}
