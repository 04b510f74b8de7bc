/** What can be waited for, by kind and id. */
export type Topic = `analysis/${string}` | `task/${string}` | "jobs/";

/** What this process hears, from itself and from others: it tells that something changed, not what. */
export class Signals {
  readonly #alarms = new Map<string, Set<Alarm>>();

  /** Rings at every signal of these topics until it is closed. */
  alarm(...topics: Topic[]): Alarm {
    const alarm = new Alarm(() => {
      for (const topic of topics) {
        const alarms = this.#alarms.get(topic);
        alarms?.delete(alarm);
        if (!alarms?.size) this.#alarms.delete(topic);
      }
    });
    for (const topic of topics) {
      const alarms = this.#alarms.get(topic) ?? new Set();
      this.#alarms.set(topic, alarms.add(alarm));
    }
    return alarm;
  }

  emit(topic: Topic): void {
    for (const alarm of this.#alarms.get(topic) ?? []) alarm.ring();
  }

  /** Rings everywhere: something may have been missed. */
  emitAll(): void {
    for (const alarms of this.#alarms.values()) for (const alarm of alarms) alarm.ring();
  }

  /** Topics that somebody waits for. */
  get size(): number {
    return this.#alarms.size;
  }
}

/** Wakes one waiter; what rings while nobody waits is remembered. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(readonly close: () => void) {}

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /**
   * Resolves when it rings or has rung, when the time is over, or when one of the signals aborts. Never rejects. Each is
   * listened to by itself: Node 20 keeps for good what `AbortSignal.any` makes of one that lives as long as the process.
   */
  async wait(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<"rung" | "timeout"> {
    if (!this.#rung && !signals.some((signal) => signal?.aborted)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, ms);
        function done(): void {
          clearTimeout(timer);
          for (const signal of signals) signal?.removeEventListener("abort", done);
          resolve();
        }
        this.#wake = done;
        for (const signal of signals) signal?.addEventListener("abort", done);
      });
      this.#wake = undefined;
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung ? "rung" : "timeout";
  }
}
