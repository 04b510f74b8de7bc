/**
 * A sum of doubles without any rounding until it is read: Shewchuk's adaptive expansions (Discrete &
 * Computational Geometry 18, 1997), the sum being kept as doubles that do not overlap. Correctly rounded,
 * so it does not depend on the order of the terms.
 *
 * Terms and partial sums must stay below 2^1023; callers scale by a power of two where they may not.
 */
export class ExactSum {
  /** The two largest parts of the sum: nearly always they hold all of it. */
  #high = 0;
  #low = 0;
  /** What these could not hold, smallest first. */
  readonly #rest: number[] = [];

  add(term: number): void {
    const high = this.#high + term;
    const lost = lostBySum(this.#high, term, high);
    this.#high = high;
    if (lost === 0) return;
    const low = this.#low + lost;
    const further = lostBySum(this.#low, lost, low);
    this.#low = low;
    if (further !== 0) grow(this.#rest, further);
  }

  /** Adds `factor * times` exactly; `times` is a whole number below 2^26, `factor` below 2^960. */
  addTimes(factor: number, times: number): void {
    // Veltkamp's split: both halves times a 26-bit number fit a double.
    const shifted = factor * 134_217_729;
    const high = shifted - (shifted - factor);
    this.add(high * times);
    this.add((factor - high) * times);
  }

  /** The sum, rounded once, half to even. */
  value(): number {
    if (this.#rest.length === 0) return this.#high + this.#low;
    const partials = [...this.#rest];
    grow(partials, this.#low);
    grow(partials, this.#high);
    let index = partials.length - 1;
    if (index < 0) return 0;
    let sum = partials[index] as number;
    let lost = 0;
    while (index > 0 && lost === 0) {
      const next = partials[--index] as number;
      const before = sum;
      sum = before + next;
      lost = next - (sum - before);
    }
    // A tie is no tie where a smaller part points the same way as what was lost.
    const further = index > 0 ? (partials[index - 1] as number) : 0;
    if ((lost > 0 && further > 0) || (lost < 0 && further < 0)) {
      const doubled = lost * 2;
      const nudged = sum + doubled;
      if (nudged - sum === doubled) sum = nudged;
    }
    return sum;
  }
}

/** What the sum of two numbers leaves out, whichever is larger (Knuth, The Art of Computer Programming 2, 4.2.2). */
function lostBySum(one: number, other: number, sum: number): number {
  const back = sum - one;
  return one - (sum - back) + (other - back);
}

/** Adds a term to doubles that do not overlap, smallest first. */
function grow(partials: number[], term: number): void {
  let carry = term;
  let kept = 0;
  for (let index = 0; index < partials.length; index++) {
    const partial = partials[index] as number;
    const sum = carry + partial;
    const lost = lostBySum(carry, partial, sum);
    if (lost !== 0) partials[kept++] = lost;
    carry = sum;
  }
  partials.length = kept;
  partials.push(carry);
}
