import { createPublicKey } from "node:crypto";
import { createRemoteJWKSet, importSPKI, type CryptoKey as JoseKey, type JWTVerifyGetKey } from "jose";

/** Where the keys come from that tokens are checked by: one of three. */
export type KeySettings =
  | { kind: "jwks"; url: string }
  | { kind: "public-key"; pem: string }
  | { kind: "secret"; secret: string };

/** Keys with the algorithms that they may be used for, so that a token cannot choose. */
export interface KeySource {
  key: JoseKey | JWTVerifyGetKey;
  algorithms: string[];
}

const ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const JWKS_TIMEOUT_MS = 5000;

const EC_ALGORITHMS: Record<string, string> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** The one algorithm that fits a public key; undefined for a kind of key that is not taken. */
function algorithmOf(pem: string): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(pem);
  if (type === "rsa") return (details?.modulusLength ?? 0) >= 2048 ? "RS256" : undefined;
  if (type === "rsa-pss") return "PS256";
  if (type === "ec") return EC_ALGORITHMS[details?.namedCurve ?? ""];
  return type === "ed25519" ? "EdDSA" : undefined;
}

/**
 * Imports the keys once.
 *
 * @throws Error where a public key cannot be read or is of a kind that is not taken
 */
export async function createKeySource(settings: KeySettings): Promise<KeySource> {
  if (settings.kind === "jwks") {
    const key = createRemoteJWKSet(new URL(settings.url), { timeoutDuration: JWKS_TIMEOUT_MS });
    return { key, algorithms: ASYMMETRIC };
  }
  if (settings.kind === "public-key") {
    const algorithm = algorithmOf(settings.pem);
    if (!algorithm) {
      throw new Error(
        "JWT_PUBLIC_KEY must be RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519",
      );
    }
    return { key: await importSPKI(settings.pem, algorithm), algorithms: [algorithm] };
  }
  const bytes = new TextEncoder().encode(settings.secret);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  // As raw bytes a key could serve any algorithm, and jose would import it anew for every token.
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]);
  return { key, algorithms: ["HS256"] };
}
