import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { MAX_TOKEN_LIFETIME_S } from "../../contract/token-keys.js";
import { fill } from "../../contract/words.js";
import { PegError } from "../../domain/errors.js";
import { type Metrics, noMetrics, type TokenRefusal } from "../../domain/metrics.js";
import type { Clock, Logger, SteadyClock, TokenClaims, TokenVerifier } from "../../domain/ports.js";
import { hasAmbiguousMembers } from "./ambiguous-members.js";
import { type AttemptRule, FailedAttempts } from "./failed-attempts.js";
import { createKeySource, type KeySettings } from "./key-source.js";
import { isYounger, KeysAwayError, RETRY_MS, type RemoteKeys } from "./remote-keys.js";

const MAX_TOKEN_CHARS = 8192;
const CLOCK_TOLERANCE_S = 30;
const MAX_HELD_TOKENS = 10_000;
/** With the age of a fetched key set, the longest time that a key counts after it was taken out: ten minutes. */
const HOLD_MS = 5 * 60_000;

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** jose takes any subject, an object even; ours goes into rows, keys and logs. */
const claims = z.object({
  sub: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  exp: z.number().int().positive(),
  scope: z.string().max(4096).default(""),
});

export interface TokenVerifierOptions {
  keys: KeySettings;
  issuer?: string | undefined;
  audience?: string | undefined;
  clock: Clock;
  logger: Logger;
  metrics?: Pick<Metrics, "tokenRefused">;
  /** By which it is counted how many are refused. */
  steady: SteadyClock;
  /** How many tokens may be refused in one place. Without it any number. */
  attempts?: AttemptRule | undefined;
}

function unauthenticated(cause?: unknown): PegError {
  return new PegError(
    "API_AUTHENTICATION_ERROR",
    "A valid token is needed: send it as Authorization: Bearer TOKEN.",
    {
      cause,
    },
  );
}

function tooManyFailed(seconds: number): PegError {
  return new PegError(
    "API_RATE_LIMIT_EXCEEDED",
    fill("Too many calls without a valid token came from this address. Try again in {wait} s.", {
      wait: seconds,
    }),
    { retryAfter: seconds },
  );
}

/** Header fields that would change what is verified, or bring a key of the sender's. */
const REFUSED_HEADERS = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip"];

/** What an access token may call itself. A logout token, say, has subject, audience and expiry as well. */
const ACCESS_TOKEN = /^(application\/)?(at\+)?jwt$/i;

function textOf(part: string): string {
  return Buffer.from(part, "base64url").toString("utf8");
}

/** The reader's own message holds the text, which is no business of the log. */
function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} is no JSON`);
  }
}

/** What jose would let pass: a proxy in front of us may read such a token in another way. */
function checkForm(token: string, kidNeeded: boolean): void {
  const [head = "", payload = "", signature = ""] = token.split(".");
  if (Buffer.from(signature, "base64url").toString("base64url") !== signature)
    throw new Error("signature not in its one form");
  const texts = { header: textOf(head), payload: textOf(payload) };
  const header = readJson(texts.header, "header") as Record<string, unknown>;
  // Before anything looks for what JSON means in it: the sender need not have a key to have this read.
  readJson(texts.payload, "payload");
  if (REFUSED_HEADERS.some((name) => name in header)) throw new Error("refused header field");
  if (header.typ !== undefined && !(typeof header.typ === "string" && ACCESS_TOKEN.test(header.typ)))
    throw new Error("no access token by its type");
  if (kidNeeded && typeof header.kid !== "string") throw new Error("no key id");
  if (hasAmbiguousMembers(texts.header) || hasAmbiguousMembers(texts.payload))
    throw new Error("a member that stands twice");
}

/** A verifier with the keys that it fetches, where it does. */
export interface OpenTokenVerifier extends TokenVerifier {
  remoteKeys: RemoteKeys | undefined;
}

/** Checks tokens by the keys of the settings; remembers good ones, never past their expiry or that of the keys. */
export async function createTokenVerifier(options: TokenVerifierOptions): Promise<OpenTokenVerifier> {
  const { issuer, audience, clock, logger, metrics = noMetrics } = options;
  const { key, algorithms, remote } = await createKeySource(options.keys, { clock, logger });
  const failures = options.attempts && new FailedAttempts(options.attempts, options.steady);
  const held = new LRUCache<string, { claims: TokenClaims; since: number; until: number }>({
    max: MAX_HELD_TOKENS,
  });

  async function check(token: string): Promise<TokenClaims> {
    checkForm(token, options.keys.kind === "jwks");
    const now = clock.now();
    const { payload } = await jwtVerify(token, key as JWTVerifyGetKey, {
      algorithms,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      requiredClaims: ["exp", "sub"],
      // Expiry is checked below, to the second; a sender's fast clock is forgiven for the other times.
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    });
    return readClaims(payload, now);
  }

  /** @throws PegError what the caller may know of a refusal */
  async function verifyUnknown(token: string | undefined): Promise<TokenClaims> {
    if (token === undefined) throw unauthenticated();
    if (token.length > MAX_TOKEN_CHARS || !COMPACT_JWS.test(token)) {
      metrics.tokenRefused("form");
      throw unauthenticated();
    }
    try {
      const verified = await check(token);
      const since = clock.now();
      held.set(token, {
        claims: verified,
        since,
        until: Math.min(
          verified.expiresAt.getTime(),
          since + HOLD_MS,
          remote?.trustedUntil() ?? Number.POSITIVE_INFINITY,
        ),
      });
      return verified;
    } catch (error) {
      if (error instanceof KeysAwayError) {
        metrics.tokenRefused("keys_away");
        throw new PegError("SERVICE_UNAVAILABLE", "Tokens cannot be checked now. Try again soon.", {
          cause: error,
          retryAfter: RETRY_MS / 1000,
        });
      }
      metrics.tokenRefused(refusalOf(error));
      logger.debug({ reason: (error as { code?: string }).code ?? (error as Error).name }, "token refused");
      throw unauthenticated(error);
    }
  }

  return {
    remoteKeys: remote,
    async verify(token, from) {
      // One that is too long is not even looked for.
      const known = token !== undefined && token.length <= MAX_TOKEN_CHARS ? held.get(token) : undefined;
      if (known && isYounger(known.since, known.until - known.since, clock.now())) return known.claims;
      const place = from?.();
      if (place === undefined || !failures) return verifyUnknown(token);
      const wait = failures.waitFor(place);
      if (wait !== undefined) {
        metrics.tokenRefused("too_many");
        throw tooManyFailed(wait);
      }
      try {
        return await verifyUnknown(token);
      } catch (error) {
        if (error instanceof PegError && error.code === "API_AUTHENTICATION_ERROR") failures.failed(place);
        throw error;
      }
    },
  };
}

function readClaims(payload: JWTPayload, now: number): TokenClaims {
  const { sub, exp, scope } = claims.parse(payload);
  const nowSeconds = now / 1000;
  if (exp <= nowSeconds) throw new errors.JWTExpired("expired", payload);
  if (exp > nowSeconds + MAX_TOKEN_LIFETIME_S)
    throw new errors.JWTClaimValidationFailed("expiry out of bounds", payload, "exp");
  if (payload.iat !== undefined && !(payload.iat <= nowSeconds + CLOCK_TOLERANCE_S))
    throw new IssuedInFuture("issued in the future");
  return { userId: sub, scopes: scope.split(" ").filter(Boolean), expiresAt: new Date(exp * 1000) };
}

/** The sender's clock is fast, or ours slow. */
class IssuedInFuture extends Error {}

/** Which kind of refusal this was, for the count of each. */
function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof IssuedInFuture) return "clock";
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return "no_key";
  if (error instanceof errors.JWTClaimValidationFailed) return "claims";
  return error instanceof z.ZodError ? "claims" : "form";
}
