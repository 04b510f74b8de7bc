/** One run at a time for each key: whoever asks meanwhile gets the same outcome. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * Starts the work, or joins it. The outcome is not kept: after a failure the next caller starts anew.
   *
   * @returns the outcome, and whether this caller started it
   */
  async run(key: string, work: () => Promise<T>): Promise<{ value: T; leader: boolean }> {
    const running = this.#running.get(key);
    if (running !== undefined) return { value: await running, leader: false };
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return { value: await started, leader: true };
  }

  /** Resolves when nothing runs any more, however it ended. */
  async idle(): Promise<void> {
    while (this.#running.size) await Promise.allSettled(this.#running.values());
  }
}
