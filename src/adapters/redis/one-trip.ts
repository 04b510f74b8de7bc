import type { Redis } from "@upstash/redis";

type Pipeline = ReturnType<Redis["pipeline"]>;

interface Pending {
  add(pipeline: Pipeline): void;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Gathers the commands that are issued in the same turn of the event loop into one pipeline: one request to the
 * server, also for many callers whose requests came in together.
 *
 * The client's own automatic pipelining sends reads and writes apart, which is two.
 */
export class OneTrip {
  readonly #redis: Redis;
  #pending: Pending[] = [];
  /** Reads of the present turn, by key: many callers ask for the same analysis. */
  readonly #reads = new Map<string, Promise<string | null>>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  evalsha<_TArgs extends unknown[], TData>(hash: string, keys: string[], args: unknown[]): Promise<TData> {
    return this.#enqueue((pipeline) => pipeline.evalsha(hash, keys, args));
  }

  eval<_TArgs extends unknown[], TData>(script: string, keys: string[], args: unknown[]): Promise<TData> {
    return this.#enqueue((pipeline) => pipeline.eval(script, keys, args));
  }

  get(key: string): Promise<string | null> {
    const known = this.#reads.get(key);
    if (known !== undefined) return known;
    const read = this.#enqueue<string | null>((pipeline) => pipeline.get(key));
    this.#reads.set(key, read);
    return read;
  }

  #enqueue<T>(add: (pipeline: Pipeline) => unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = { add: (pipeline: Pipeline) => void add(pipeline), resolve, reject } as Pending;
      if (this.#pending.push(pending) === 1) setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const batch = this.#pending;
    this.#pending = [];
    this.#reads.clear();
    try {
      const pipeline = this.#redis.pipeline();
      for (const { add } of batch) add(pipeline);
      const replies = (await pipeline.exec({ keepErrors: true })) as { error?: string; result: unknown }[];
      batch.forEach(({ resolve, reject }, i) => {
        const reply = replies[i];
        if (!reply || reply.error) reject(new Error(reply?.error ?? "the server left out a reply"));
        else resolve(reply.result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }
}
