import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import {
  CACHE_TYPES,
  type EntryToPut,
  type LimitDecision,
  type LimitRule,
  type RuleState,
  type SharedStore,
  type SteadyClock,
  type StreamPlace,
  type Visit,
  type VisitRequest,
} from "../../domain/ports.js";

const MAX_USERS = 100_000;
const MAX_GENERATIONS = 100_000;
const MAX_ENTRY_BYTES = 32 * 1024 * 1024;

/** A bounded cache that takes its memory as it grows: by `max` all of it would be taken at the start. */
function atMost<T extends object | string>(entries: number): LRUCache<string, T> {
  return new LRUCache({ maxSize: entries, sizeCalculation: () => 1 });
}

/** The shared store of a process that shares with none: the same rules, in memory, bounded. */
export class MemoryStore implements SharedStore {
  readonly #clock: SteadyClock;
  readonly #alone: boolean;
  /** Times of the calls that still count, by rule and user, oldest first. */
  readonly #calls = atMost<number[]>(MAX_USERS);
  readonly #generations = atMost<string>(MAX_GENERATIONS);
  /** When each stream of a user gives its place back, by its id. */
  readonly #streams = atMost<Map<string, number>>(MAX_USERS);
  readonly #entries = new LRUCache<string, { value: Uint8Array; expiresAt: number }>({
    maxSize: MAX_ENTRY_BYTES,
    sizeCalculation: ({ value }) => value.byteLength + 1,
  });

  /** @param options `alone`: no other process may change what this one knows. Else it has no generations. */
  constructor(clock: SteadyClock, options: { alone: boolean }) {
    this.#clock = clock;
    this.#alone = options.alone;
  }

  async visit({ userId, rules, analysisId, entry }: VisitRequest): Promise<Visit> {
    const limits = this.take(userId, rules);
    if (analysisId === undefined || !this.#alone) return { limits, generation: null, entry: null };
    const held = entry === undefined ? undefined : this.#entries.get(`${entry}:${analysisId}`);
    const fresh = held && this.#clock.now() < held.expiresAt ? held.value : null;
    return { limits, generation: this.#generation(analysisId), entry: fresh };
  }

  /** Charges one call to all rules, or to none where one refuses. */
  take(userId: string, rules: readonly LimitRule[], cost = 1): LimitDecision {
    const now = this.#clock.now();
    const logs = rules.map((rule) => this.#log(rule, userId, now));
    const states = rules.map((rule, i): RuleState & { refused: boolean } => {
      const log = logs[i] as number[];
      const refused = log.length + cost > rule.limit;
      const freed = refused ? log[log.length + cost - rule.limit - 1] : log[0];
      const resetMs = freed === undefined ? rule.windowMs : Math.max(1, freed + rule.windowMs - now);
      return { ...rule, remaining: Math.max(0, rule.limit - log.length), resetMs, refused };
    });
    const exhausted = states
      .filter((state) => state.refused)
      .reduce<RuleState | undefined>(
        (longest, state) => (!longest || state.resetMs > longest.resetMs ? state : longest),
        undefined,
      );
    if (!exhausted) {
      for (const log of logs) for (let i = 0; i < cost; i++) log.push(now);
    }
    return {
      allowed: !exhausted,
      exhausted,
      rules: states.map(({ refused: _, ...state }) => ({
        ...state,
        remaining: exhausted ? state.remaining : state.remaining - cost,
      })),
    };
  }

  #log(rule: LimitRule, userId: string, now: number): number[] {
    const key = `${rule.name}:${userId}`;
    const log = this.#calls.get(key) ?? [];
    const firstInWindow = log.findIndex((time) => time > now - rule.windowMs);
    log.splice(0, firstInWindow === -1 ? log.length : firstInWindow);
    this.#calls.set(key, log);
    return log;
  }

  #generation(analysisId: string): string {
    const known = this.#generations.get(analysisId);
    if (known !== undefined) return known;
    const generation = randomUUID();
    this.#generations.set(analysisId, generation);
    return generation;
  }

  async putEntry({ type, analysisId, value, ttlSeconds, generation }: EntryToPut): Promise<boolean> {
    if (this.#generations.get(analysisId) !== generation) return false;
    this.#entries.set(`${type}:${analysisId}`, { value, expiresAt: this.#clock.now() + ttlSeconds * 1000 });
    return true;
  }

  async moveGeneration(analysisId: string): Promise<boolean> {
    this.#generations.set(analysisId, randomUUID());
    for (const type of CACHE_TYPES) this.#entries.delete(`${type}:${analysisId}`);
    return true;
  }

  /** They are bounded by their number. */
  async keepGeneration(): Promise<void> {}

  async holdStream(request: StreamPlace & { max: number; ttlMs: number }): Promise<boolean> {
    const { userId, streamId, max, ttlMs } = request;
    const now = this.#clock.now();
    const held = this.#streams.get(userId) ?? new Map<string, number>();
    for (const [id, until] of held) if (until <= now) held.delete(id);
    if (!held.has(streamId) && held.size >= max) return false;
    held.set(streamId, now + ttlMs);
    this.#streams.set(userId, held);
    return true;
  }

  async dropStream({ userId, streamId }: StreamPlace): Promise<void> {
    const held = this.#streams.get(userId);
    held?.delete(streamId);
    if (!held?.size) this.#streams.delete(userId);
  }

  state(): "ready" {
    return "ready";
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}
