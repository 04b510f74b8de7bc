import { LRUCache } from "lru-cache";
import type { SteadyClock } from "../../domain/ports.js";

/** So many places are remembered; of more, those that were quiet for longest are forgotten. */
const MAX_PLACES = 100_000;

/** How many attempts may fail in one place: so many at once, and as many again in each span of that length. */
export interface AttemptRule {
  limit: number;
  windowMs: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Counts attempts that failed, by the place that they came from, in memory that is bounded. */
export class FailedAttempts {
  readonly #rule: AttemptRule;
  readonly #clock: SteadyClock;
  readonly #buckets = new LRUCache<string, Bucket>({ maxSize: MAX_PLACES, sizeCalculation: () => 1 });

  constructor(rule: AttemptRule, clock: SteadyClock) {
    this.#rule = rule;
    this.#clock = clock;
  }

  /** Seconds until another attempt is looked at; undefined where it is now. */
  waitFor(place: string): number | undefined {
    const bucket = this.#buckets.get(place);
    if (!bucket) return undefined;
    const left = this.#left(bucket);
    if (left >= 1) return undefined;
    return Math.ceil(((1 - left) * this.#rule.windowMs) / this.#rule.limit / 1000);
  }

  failed(place: string): void {
    const bucket = this.#buckets.get(place);
    const left = bucket ? this.#left(bucket) : this.#rule.limit;
    // Attempts that ran at the same time may go below nothing; they do not lengthen the wait without end.
    this.#buckets.set(place, { left: Math.max(0, left - 1), at: this.#clock.now() });
  }

  #left({ left, at }: Bucket): number {
    const { limit, windowMs } = this.#rule;
    // A clock that was set back gives nothing.
    const grown = (Math.max(0, this.#clock.now() - at) * limit) / windowMs;
    return Math.min(limit, left + grown);
  }
}
