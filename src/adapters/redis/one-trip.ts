import type { Redis, Requester } from "@upstash/redis";

type Command = (string | number)[];

interface Pending {
  command: Command;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Gathers the commands that are issued in the same turn of the event loop into one pipeline: one request to the
 * server, also for many callers whose requests came in together. Where they are many, a few.
 *
 * The client's own automatic pipelining sends reads and writes apart, which is two.
 */
export class OneTrip {
  readonly #requester: Requester;
  #pending: Pending[] = [];
  /** Reads of the present turn, by key: many callers ask for the same analysis. */
  readonly #reads = new Map<string, Promise<string | null>>();

  readonly #enough: number;

  /** @param enough so many commands wait for no more: the server answers them while the next ones are gathered */
  constructor(redis: Redis, enough: number) {
    this.#enough = enough;
    // Its own pipelines make an object of hundreds of methods each time, and one of each command.
    this.#requester = (redis as unknown as { client: Requester }).client;
  }

  evalsha<TArgs extends Command, TData>(hash: string, keys: string[], args: TArgs): Promise<TData> {
    return this.#enqueue(["evalsha", hash, keys.length, ...keys, ...args]);
  }

  eval<TArgs extends Command, TData>(script: string, keys: string[], args: TArgs): Promise<TData> {
    return this.#enqueue(["eval", script, keys.length, ...keys, ...args]);
  }

  get(key: string): Promise<string | null> {
    const known = this.#reads.get(key);
    if (known !== undefined) return known;
    const read = this.#enqueue<string | null>(["get", key]);
    this.#reads.set(key, read);
    return read;
  }

  /** Sends what is gathered if that is enough: for between two callers, of whom each has one trip. */
  sendIfEnough(): void {
    if (this.#pending.length >= this.#enough) void this.#send();
  }

  #enqueue<T>(command: Command): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = { command, resolve, reject } as Pending;
      if (this.#pending.push(pending) === 1) setImmediate(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
    this.#reads.clear();
    try {
      const body = batch.map(({ command }) => command);
      // The answer to a pipeline is a list, though the interface speaks of one response.
      const answer: unknown = await this.#requester.request({ path: ["pipeline"], body });
      const replies = answer as { error?: string; result: unknown }[];
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
