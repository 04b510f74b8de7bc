/** Numbers that are the same in every run: mulberry32, and normal ones by Box and Muller. */
export class Noise {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Even, between 0 and 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** An autoregression of the first order with deviation 1. */
  series(length: number, lag1: number): number[] {
    const values: number[] = [];
    let last = this.normal();
    for (let i = 0; i < length; i++) {
      values.push(last);
      last = lag1 * last + Math.sqrt(1 - lag1 * lag1) * this.normal();
    }
    return values;
  }
}
