import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Clock, Logger } from "../../domain/ports.js";

const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 2 ** 20;
/** With the time that a checked token is held, the longest that a key counts after it was taken out: ten minutes. */
const MAX_AGE_MS = 5 * 60_000;
/** For so long the last good set serves beyond its age, while no newer one can be had. */
const GRACE_MS = 60 * 60_000;
/** A key that is not in a set has that fetched anew so often at most. */
const COOLDOWN_MS = 30_000;
/** After a fetch that failed nobody tries for so long, whatever tokens come. */
export const RETRY_MS = 5_000;

/** No key set can be had: whether a token is good is not known. */
export class KeysAwayError extends Error {}

export interface RemoteKeysOptions {
  url: string;
  clock: Clock;
  logger: Pick<Logger, "warn" | "info">;
}

/** A clock that was set back tells no age: what then seems to be of the future counts as too old, not as new. */
export function isYounger(since: number, span: number, now: number): boolean {
  return now >= since && now < since + span;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The keys that an identity provider publishes. Through an outage of it the last good set serves for an hour. */
export class RemoteKeys {
  #set: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  #failing = false;
  #pending: Promise<void> | undefined;

  constructor(readonly options: RemoteKeysOptions) {}

  /** The key that a token names. */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    await this.#renew();
    const set = this.#usableSet();
    try {
      return await set(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const now = this.#now();
      if (!isYounger(this.#fetchedAt, COOLDOWN_MS, now) && !isYounger(this.#failedAt, RETRY_MS, now)) {
        await this.#fetch();
        return this.#usableSet()(header, token);
      }
      // It may be a new key: nobody can tell.
      if (this.#failing) throw this.#away();
      throw error;
    }
  };

  /** Whether the last fetch failed. */
  failing(): boolean {
    return this.#failing;
  }

  /** Whether tokens can be checked. */
  usable(): boolean {
    return isYounger(this.#fetchedAt, MAX_AGE_MS + GRACE_MS, this.#now());
  }

  /** When the set that there is will count no more, unless a newer one comes. */
  trustedUntil(): number {
    return this.#fetchedAt + MAX_AGE_MS + GRACE_MS;
  }

  /** Rejects while no newer set can be had. To be asked again and again: where no tokens come, nothing else tries. */
  async check(): Promise<void> {
    await this.#renew();
    if (this.#failing) throw this.#away();
  }

  #now(): number {
    return this.options.clock.now();
  }

  #away(): KeysAwayError {
    return new KeysAwayError("the token keys cannot be fetched", { cause: this.#failure });
  }

  #usableSet(): KeySet {
    if (!this.#set || !this.usable()) throw this.#away();
    return this.#set;
  }

  /** Fetches a set that is too old. Waits for it, unless it is known already that it cannot be had. */
  async #renew(): Promise<void> {
    const now = this.#now();
    if (isYounger(this.#fetchedAt, MAX_AGE_MS, now) || isYounger(this.#failedAt, RETRY_MS, now)) return;
    const fetched = this.#fetch();
    if (this.usable() && isYounger(this.#failedAt, MAX_AGE_MS, now)) {
      fetched.catch(() => undefined);
      return;
    }
    await fetched.catch((error: unknown) => {
      if (!this.usable()) throw error;
    });
  }

  #fetch(): Promise<void> {
    this.#pending ??= fetchKeySet(this.options.url)
      .then(
        (set) => this.#succeed(set),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  #succeed(set: KeySet): void {
    this.#set = set;
    this.#fetchedAt = this.#now();
    if (this.#failing) this.options.logger.info({}, "the token keys can be fetched again");
    this.#failing = false;
    this.#failedAt = Number.NEGATIVE_INFINITY;
  }

  #fail(error: unknown): never {
    this.#failedAt = this.#now();
    this.#failure = error;
    // Once an outage: requests may come by the thousand.
    if (!this.#failing) {
      const until = this.usable() ? { until: new Date(this.trustedUntil()).toISOString() } : {};
      const what = this.usable() ? "the last ones serve for an hour at most" : "tokens cannot be checked";
      this.options.logger.warn({ err: error, ...until }, `the token keys cannot be fetched: ${what}`);
    }
    this.#failing = true;
    throw this.#away();
  }
}

/** Nothing is followed, and nothing is read beyond what a set of keys may be. */
async function fetchKeySet(url: string): Promise<KeySet> {
  const { Agent, fetch } = await import("undici");
  // A connection that was kept may be dead by the next time, minutes later, and a fetch would hang on it.
  const agent = new Agent({ connections: 1 });
  try {
    const response = await fetch(url, {
      dispatcher: agent,
      redirect: "manual",
      headers: { accept: "application/json, application/jwk-set+json" },
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (response.status !== 200)
      throw Object.assign(new Error("no key set was answered"), { code: `HTTP_${response.status}` });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > MAX_BYTES) throw new Error("the key set is too large");
      chunks.push(chunk as Uint8Array);
    }
    return createLocalJWKSet(JSON.parse(Buffer.concat(chunks).toString("utf8")) as JSONWebKeySet);
  } finally {
    await agent.destroy();
  }
}
