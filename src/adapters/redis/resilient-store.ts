import type { Metrics } from "../../domain/metrics.js";
import type {
  EntryToPut,
  LimitDecision,
  LimitRule,
  Logger,
  SharedStore,
  SteadyClock,
  StreamPlace,
  Visit,
  VisitRequest,
} from "../../domain/ports.js";
import { Deadline } from "./deadline.js";
import type { RedisStore } from "./shared-store.js";

/** How long a request waits for Redis before it goes on without. */
const VISIT_DEADLINE_MS = 200;
const WRITE_DEADLINE_MS = 1000;
/** How long no request asks a Redis that did not answer. */
const COOL_DOWN_MS = 1000;
/** What a server says of a key of another kind, and of a time in a limit's log that is none. */
const DAMAGED = /WRONGTYPE|attempt to (?:compare|perform arithmetic)/;
const MOVE_ATTEMPTS = 3;
const MOVE_PAUSE_MS = 100;

export interface ResilientStoreOptions {
  redis: RedisStore;
  /** Takes over while Redis is away. */
  local: Pick<SharedStore, "holdStream" | "dropStream"> & {
    take(userId: string, rules: readonly LimitRule[]): LimitDecision;
  };
  clock: SteadyClock;
  logger: Logger;
  metrics: Pick<Metrics, "redisFallback">;
  disconnect: () => void;
  /** So many have the same users, as far as this one knows: each lets its share of a limit pass while Redis is away. */
  processes?: number;
}

/**
 * The shared store on Redis that survives its absence: limits go on in process, never unlimited. Generations
 * and entries are then not to be had, so that whoever needs truth asks Postgres.
 */
export class ResilientStore implements SharedStore {
  readonly #options: ResilientStoreOptions;
  #awayUntil = 0;
  #away = false;
  readonly #visits = new Deadline(VISIT_DEADLINE_MS);
  readonly #writes = new Deadline(WRITE_DEADLINE_MS);
  readonly #shares = new WeakMap<readonly LimitRule[], LimitRule[]>();

  constructor(options: ResilientStoreOptions) {
    this.#options = options;
  }

  async visit(request: VisitRequest): Promise<Visit> {
    const visit = this.#isCoolingDown() ? undefined : await this.#attemptVisit(request);
    if (visit) return visit;
    this.#options.metrics.redisFallback();
    const limits = this.#options.local.take(request.userId, this.#shareOf(request.rules));
    return { limits, generation: null, entry: null };
  }

  #shareOf(rules: readonly LimitRule[]): readonly LimitRule[] {
    const { processes = 1 } = this.#options;
    if (processes === 1) return rules;
    const known = this.#shares.get(rules);
    if (known) return known;
    const shares = rules.map((rule) => ({ ...rule, limit: Math.max(1, Math.floor(rule.limit / processes)) }));
    this.#shares.set(rules, shares);
    return shares;
  }

  async putEntry(entry: EntryToPut): Promise<boolean> {
    if (this.#away) return false;
    // A refused entry, too large for instance, says nothing of the server: visits do.
    return this.#writes.keep(this.#options.redis.putEntry(entry)).catch(() => false);
  }

  async moveGeneration(analysisId: string): Promise<boolean> {
    // However visits fare: other processes may well see a server that this one does not.
    for (let attempt = 0; attempt < MOVE_ATTEMPTS; attempt++) {
      const move = this.#options.redis.moveGeneration(analysisId).then(() => true);
      if (await this.#writes.keep(move).catch(() => false)) return true;
      await new Promise((resolve) => setTimeout(resolve, MOVE_PAUSE_MS));
    }
    this.#options.logger.warn({ analysis_id: analysisId }, "Redis could not be told of a change");
    return false;
  }

  async keepGeneration(analysisId: string, generation: string): Promise<void> {
    if (this.#away) return;
    // One that ends sooner is begun anew.
    await this.#writes
      .keep(this.#options.redis.keepGeneration(analysisId, generation))
      .catch(() => undefined);
  }

  async holdStream(request: StreamPlace & { max: number; ttlMs: number }): Promise<boolean> {
    const { redis, local } = this.#options;
    // In process too, so that the count goes on where Redis goes away.
    const here = await local.holdStream(request);
    if (!here || this.#away) return here;
    const held = await this.#writes.keep(redis.holdStream(request)).catch(() => true);
    if (!held) await local.dropStream(request);
    return held;
  }

  async dropStream(place: StreamPlace): Promise<void> {
    const { redis, local } = this.#options;
    await local.dropStream(place);
    // A place that is not given back is free again after a while.
    await this.#writes.keep(redis.dropStream(place)).catch(() => undefined);
  }

  state(): "ready" | "away" {
    return this.#away ? "away" : "ready";
  }

  async ping(): Promise<void> {
    await this.#visits.keep(this.#options.redis.ping());
    this.#answered();
  }

  async close(): Promise<void> {
    this.#options.disconnect();
  }

  /**
   * Whether no visit should ask now; of those after the cool-down one asks again while the others go on without.
   * For visits only: the one who asks has to tell whether Redis is back.
   */
  #isCoolingDown(): boolean {
    const now = this.#options.clock.now();
    if (now < this.#awayUntil) return true;
    if (this.#away) this.#awayUntil = now + COOL_DOWN_MS;
    return false;
  }

  #answered(): void {
    if (this.#away) this.#options.logger.info({}, "Redis answers again");
    this.#away = false;
    this.#awayUntil = 0;
  }

  /** Asks again where the server answered, but something else stood in the place of what is ours: that is taken away. */
  async #mendAndVisit(request: VisitRequest, error: unknown): Promise<Visit> {
    if (!DAMAGED.test(String(error))) throw error;
    const keys = await this.#options.redis.mend(request);
    if (keys === 0) throw error;
    this.#options.logger.warn({ keys }, "keys in Redis did not hold what is ours: they were taken away");
    return this.#options.redis.visit(request);
  }

  /** @returns undefined where Redis is away */
  async #attemptVisit(request: VisitRequest): Promise<Visit | undefined> {
    const { redis, clock, logger } = this.#options;
    try {
      const asked = redis.visit(request).catch((error: unknown) => this.#mendAndVisit(request, error));
      const visit = await this.#visits.keep(asked);
      this.#answered();
      return visit;
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
