import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const MAX_HELD = 10_000;

/** Who a token speaks for, and the keys of that user's limits. */
export interface VerifiedToken {
  userId: string;
  expiresAtMs: number;
  limitKeys: readonly string[];
}

/** Checks HS256 tokens by node:crypto, each once: good ones are held in a bounded map until they expire. */
export class VerifiedTokens {
  readonly #secret: string;
  readonly #limitNames: readonly string[];
  readonly #held = new Map<string, VerifiedToken>();

  constructor(secret: string, limitNames: readonly string[]) {
    this.#secret = secret;
    this.#limitNames = limitNames;
  }

  /** @returns undefined for a token that does not count */
  verify(token: string, nowMs: number): VerifiedToken | undefined {
    const held = this.#held.get(token);
    if (held) {
      if (nowMs < held.expiresAtMs) return held;
      this.#held.delete(token);
      return undefined;
    }
    const verified = this.#check(token, nowMs);
    if (!verified) return undefined;
    if (this.#held.size >= MAX_HELD) this.#held.delete(this.#held.keys().next().value as string);
    this.#held.set(token, verified);
    return verified;
  }

  #check(token: string, nowMs: number): VerifiedToken | undefined {
    const [head = "", payload = "", signature = ""] = token.split(".");
    const expected = createHmac("sha256", this.#secret).update(`${head}.${payload}`).digest();
    const given = Buffer.from(signature, "base64url");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const { alg } = JSON.parse(Buffer.from(head, "base64url").toString()) as { alg?: unknown };
    const { sub, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    if (alg !== "HS256" || typeof sub !== "string" || typeof exp !== "number") return undefined;
    if (exp * 1000 <= nowMs) return undefined;
    const user = createHash("sha256").update(sub).digest("base64url");
    const limitKeys = this.#limitNames.map((name) => `bench_limit:{${user}}:${name}`);
    return { userId: sub, expiresAtMs: exp * 1000, limitKeys };
  }
}
