/** Numbers for the cells of an analysis, in the order in which they come. */
export class Cells {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();
  #last = 0;

  numberOf(name: string): number {
    // Rows of a cell follow each other, or cells come in turn: then nothing is looked up.
    if (this.names[this.#last] === name) return this.#last;
    if (this.names[this.#last + 1] === name) return ++this.#last;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    this.#last = number;
    return number;
  }

  /** For each cell its place by name, in code unit order, which no locale changes. */
  ranks(): Uint32Array {
    const { names } = this;
    const order = names.map((_, number) => number);
    order.sort((one, other) => ((names[one] as string) < (names[other] as string) ? -1 : 1));
    const ranks = new Uint32Array(names.length);
    for (const [rank, number] of order.entries()) ranks[number] = rank;
    return ranks;
  }
}
