import { LRUCache } from "lru-cache";
import { type Metrics, noMetrics } from "../metrics.js";
import { CACHE_TYPES, type CacheType, type Clock } from "../ports.js";
import type { EncodedAnswer } from "./encoded-answer.js";

const MIB = 1024 * 1024;

/** The product's three policies, by how often an analysis is asked for; entries and bytes are both bounded. */
const TIERS = [
  { name: "hot", above: 100, ttlMs: 1_800_000, entries: 1000, bytes: 128 * MIB },
  { name: "warm", above: 10, ttlMs: 3_600_000, entries: 500, bytes: 64 * MIB },
  { name: "cold", above: 0, ttlMs: 7_200_000, entries: 100, bytes: 64 * MIB },
] as const;

/** What fills for hours looks like a leak; as many are asked for within minutes as a busy network has. */
const MAX_COUNTED = 5_000;
/** An analysis that nobody asks for this long is counted from nought again. */
const COUNT_TTL_MS = 7_200_000;

/** An answer of one state of an analysis. */
export interface HeldAnswer {
  revision: string;
  algorithmVersion: string;
  whole: EncodedAnswer;
  /** Without metadata, once somebody asked for it so. */
  bare?: EncodedAnswer | undefined;
  filledAt: number;
  /** That of the request that filled it. */
  ttlMs: number;
  /** When this process took it: one that another process filled may be as old as its tier allows already. */
  takenAt?: number;
  /** What the cache counted it as: it grows with each form that it is asked for in. */
  countedBytes?: number;
}

function bytesOf({ whole, bare }: HeldAnswer): number {
  return whole.heldBytes + (bare?.heldBytes ?? 0) + 1;
}

/** Encoded answers in this process. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #metrics: Pick<Metrics, "cacheHit">;
  readonly #tiers = TIERS.map((tier) => ({
    ...tier,
    held: new LRUCache<string, HeldAnswer>({
      max: tier.entries,
      maxSize: tier.bytes,
      sizeCalculation: (answer) => {
        answer.countedBytes = bytesOf(answer);
        return answer.countedBytes;
      },
    }),
  }));
  readonly #asked: LRUCache<string, number>;

  constructor(clock: Clock, metrics: Pick<Metrics, "cacheHit"> = noMetrics) {
    this.#clock = clock;
    this.#metrics = metrics;
    // Without a resolution of 0 it would go on with the time that it read last, until the next turn.
    this.#asked = new LRUCache({ max: MAX_COUNTED, ttl: COUNT_TTL_MS, ttlResolution: 0, perf: clock });
  }

  /** Whether `get` may find something that is not too old; neither counts nor moves anything. */
  has(type: CacheType, analysisId: string): boolean {
    const name = key(type, analysisId);
    for (const { held, ttlMs } of this.#tiers) {
      const answer = held.peek(name);
      if (answer) return !this.#isTooOld(answer, ttlMs);
    }
    return false;
  }

  /** @returns the answer, if it is of this state and not too old */
  get(
    type: CacheType,
    analysisId: string,
    revision: string,
    algorithmVersion: string,
  ): HeldAnswer | undefined {
    const asked = (this.#asked.get(analysisId) ?? 0) + 1;
    this.#asked.set(analysisId, asked);
    const name = key(type, analysisId);
    const from = this.#tiers.find(({ held }) => held.has(name));
    const answer = from?.held.get(name);
    if (!from || !answer) return undefined;
    const to = this.#tierFor(asked);
    const stale = answer.revision !== revision || answer.algorithmVersion !== algorithmVersion;
    if (stale || this.#isTooOld(answer, to.ttlMs)) {
      from.held.delete(name);
      return undefined;
    }
    this.#metrics.cacheHit(from.name);
    if (to !== from || answer.countedBytes !== bytesOf(answer)) {
      from.held.delete(name);
      to.held.set(name, answer);
    }
    return answer;
  }

  put(type: CacheType, analysisId: string, answer: HeldAnswer): void {
    const name = key(type, analysisId);
    answer.takenAt ??= this.#clock.now();
    for (const { held } of this.#tiers) held.delete(name);
    this.#tierFor(this.#asked.get(analysisId) ?? 0).held.set(name, answer);
  }

  drop(analysisId: string): void {
    for (const type of CACHE_TYPES) for (const { held } of this.#tiers) held.delete(key(type, analysisId));
  }

  dropAll(): void {
    for (const { held } of this.#tiers) held.clear();
  }

  #isTooOld({ filledAt, ttlMs, takenAt = filledAt }: HeldAnswer, tierMs: number): boolean {
    const now = this.#clock.now();
    return now - filledAt >= ttlMs || now - takenAt >= tierMs;
  }

  #tierFor(asked: number) {
    const [hot, warm, cold] = this.#tiers;
    if (!hot || !warm || !cold) throw new Error("three tiers are declared");
    if (asked > hot.above) return hot;
    return asked > warm.above ? warm : cold;
  }
}

function key(type: CacheType, analysisId: string): string {
  return `${type}:${analysisId}`;
}
