import type {
  Clock,
  EntryToPut,
  LimitDecision,
  LimitRule,
  Logger,
  SharedStore,
  Visit,
  VisitRequest,
} from "../../domain/ports.js";
import type { RedisStore } from "./shared-store.js";

/** How long a request waits for Redis before it goes on without. */
const VISIT_DEADLINE_MS = 200;
const WRITE_DEADLINE_MS = 1000;
/** How long no request asks a Redis that did not answer. */
const COOL_DOWN_MS = 1000;

export interface ResilientStoreOptions {
  redis: RedisStore;
  /** Takes over while Redis is away. */
  local: { take(userId: string, rules: readonly LimitRule[]): LimitDecision };
  clock: Clock;
  logger: Logger;
  disconnect: () => void;
}

/**
 * The shared store on Redis that survives its absence: limits go on in process, never unlimited. Generations
 * and entries are then not to be had, so that whoever needs truth asks Postgres.
 */
export class ResilientStore implements SharedStore {
  readonly #options: ResilientStoreOptions;
  #awayUntil = 0;
  #away = false;

  constructor(options: ResilientStoreOptions) {
    this.#options = options;
  }

  async visit(request: VisitRequest): Promise<Visit> {
    const visit = await this.#attempt((redis) => redis.visit(request), VISIT_DEADLINE_MS);
    if (visit) return visit;
    return { limits: this.#options.local.take(request.userId, request.rules), generation: null, entry: null };
  }

  async putEntry(entry: EntryToPut): Promise<boolean> {
    return (await this.#attempt((redis) => redis.putEntry(entry), WRITE_DEADLINE_MS)) ?? false;
  }

  async moveGeneration(analysisId: string): Promise<void> {
    await this.#attempt((redis) => redis.moveGeneration(analysisId), WRITE_DEADLINE_MS);
  }

  state(): "ready" | "away" {
    return this.#away ? "away" : "ready";
  }

  async ping(): Promise<void> {
    await withDeadline(this.#options.redis.ping(), VISIT_DEADLINE_MS);
  }

  async close(): Promise<void> {
    this.#options.disconnect();
  }

  /** @returns undefined where Redis is away */
  async #attempt<T>(ask: (redis: RedisStore) => Promise<T>, deadlineMs: number): Promise<T | undefined> {
    const { redis, clock, logger } = this.#options;
    const now = clock.now();
    if (now < this.#awayUntil) return undefined;
    // One request asks again while the others go on without.
    if (this.#away) this.#awayUntil = now + COOL_DOWN_MS;
    try {
      const answer = await withDeadline(ask(redis), deadlineMs);
      if (this.#away) logger.info({}, "Redis answers again");
      this.#away = false;
      this.#awayUntil = 0;
      return answer;
    } catch (error) {
      // Only the kind of failure: the client puts whole commands into its messages.
      const reason = error instanceof Error ? error.name : typeof error;
      if (!this.#away) logger.warn({ reason }, "Redis does not answer: limits and cache go on in process");
      this.#away = true;
      this.#awayUntil = clock.now() + COOL_DOWN_MS;
      return undefined;
    }
  }
}

class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer in ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
    // Whatever comes after the deadline is nobody's.
    work.catch(() => {});
  }
}
