import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import type { Fault } from "./operations.js";
import type { WorldServer } from "./world.js";

const EVERY_MS = 500;
const COUNT = /^peg_redis_fallbacks_total (\d+)$/m;

/**
 * Asks a server again and again how many calls it decided without Redis, planned fault or busy machine: while it did,
 * and while it did not tell, limits are not those of one count.
 */
export class FallbackWatch {
  readonly #server: WorldServer;
  readonly #faults: Fault[];
  #count = 0;
  #askedAt = performance.now();

  constructor(server: WorldServer, faults: Fault[]) {
    this.#server = server;
    this.#faults = faults;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.ask();
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async ask(): Promise<void> {
    const before = performance.now();
    const count = await this.#read();
    if (count === undefined) return;
    // A process that began anew counts anew.
    if (count !== this.#count || before - this.#askedAt > 4 * EVERY_MS) this.#faults.push(this.untold());
    this.#count = count;
    this.#askedAt = before;
  }

  /** The time since it was heard last. */
  untold(): Fault {
    const target = this.#server.name;
    return { kind: "redis-fallback", target, startedAt: this.#askedAt, endedAt: performance.now() };
  }

  async #read(): Promise<number | undefined> {
    try {
      const { body } = await request(`${this.#server.process.url}/metrics`);
      return Number(COUNT.exec(await body.text())?.[1]);
    } catch {
      return undefined;
    }
  }
}
