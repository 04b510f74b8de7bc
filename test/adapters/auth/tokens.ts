import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { KeySettings } from "../../../src/adapters/auth/key-source.js";
import { createTokenVerifier } from "../../../src/adapters/auth/token-verifier.js";
import { PegError } from "../../../src/domain/errors.js";
import type { TokenRefusal } from "../../../src/domain/metrics.js";
import type { TokenClaims, TokenVerifier } from "../../../src/domain/ports.js";

export const SECRET = "a secret for tests, of thirty-two bytes or more";
export const NOW = 1_700_000_000;
export const ISSUER = "https://issuer.example";
export const AUDIENCE = "peg";
export const CLAIMS = { sub: "user-1", iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 600 };

export const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const ed = generateKeyPairSync("ed25519");
export const pemOf = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();

export const base64url = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** A token of any form: header and payload as objects, or as the very text. */
export function forge(header: unknown, payload: unknown, signer: (input: Buffer) => Buffer): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signer(Buffer.from(input)).toString("base64url")}`;
}

export const byHmac =
  (secret: string | Buffer = SECRET, hash = "sha256") =>
  (input: Buffer) =>
    createHmac(hash, secret).update(input).digest();
export const byRsa = (key: KeyObject) => (input: Buffer) => sign("sha256", input, key);
export const byEc = (key: KeyObject) => (input: Buffer) =>
  sign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
export const byEd = (key: KeyObject) => (input: Buffer) => sign(null, input, key);

export const hs256 = (claims: object = {}, header: object = {}) =>
  forge({ alg: "HS256", ...header }, { ...CLAIMS, ...claims }, byHmac());

export interface World {
  verifier: TokenVerifier;
  /** Moves the verifier's clock to this second. */
  at(seconds: number): void;
  logged: unknown[];
  /** What each refusal was counted as. */
  refusals: TokenRefusal[];
}

export async function verifierOf(
  keys: KeySettings = { kind: "secret", secret: SECRET },
  bounds: { issuer?: string; audience?: string } = { issuer: ISSUER, audience: AUDIENCE },
): Promise<World> {
  let now = NOW * 1000;
  const logged: unknown[] = [];
  const refusals: TokenRefusal[] = [];
  const log = (fields: object, message: string) => void logged.push([fields, message]);
  const verifier = await createTokenVerifier({
    keys,
    ...bounds,
    clock: { now: () => now },
    steady: { now: () => now },
    logger: { debug: log, info: log, warn: log, error: log },
    metrics: { tokenRefused: (reason) => void refusals.push(reason) },
  });
  return {
    verifier,
    at: (seconds) => {
      now = seconds * 1000;
    },
    logged,
    refusals,
  };
}

export const UNIFORM = {
  code: "API_AUTHENTICATION_ERROR",
  message: "A valid token is needed: send it as Authorization: Bearer TOKEN.",
  details: undefined,
  retryAfter: undefined,
};

/** What a caller would see of the verdict. */
export async function verdict(verifier: TokenVerifier, token: string): Promise<object> {
  const outcome: TokenClaims | unknown = await verifier.verify(token).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return { accepted: (outcome as TokenClaims).userId };
  if (!(outcome instanceof PegError)) throw new Error(`not a PegError: ${outcome}`, { cause: outcome });
  const { code, message, details, retryAfter } = outcome;
  return { code, message, details, retryAfter };
}

export const ACCEPTED = { accepted: "user-1" };
