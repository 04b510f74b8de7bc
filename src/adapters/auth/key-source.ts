import { createPublicKey } from "node:crypto";
import { importSPKI, type CryptoKey as JoseKey, type JWTVerifyGetKey } from "jose";
import { algorithmsOf, KEY_RULE } from "../../contract/token-keys.js";
import { RemoteKeys, type RemoteKeysOptions } from "./remote-keys.js";

/** Where the keys come from that tokens are checked by: one of three. */
export type KeySettings =
  | { kind: "jwks"; url: string }
  | { kind: "public-key"; pem: string }
  | { kind: "secret"; secret: string };

/** Keys with the algorithms that they may be used for, so that a token cannot choose. */
export interface KeySource {
  key: JoseKey | JWTVerifyGetKey;
  algorithms: string[];
  /** Where they are fetched. */
  remote?: RemoteKeys;
}

const ASYMMETRIC = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/**
 * Imports the keys once.
 *
 * @throws Error where a public key cannot be read or is of a kind that is not taken
 */
export async function createKeySource(
  settings: KeySettings,
  around: Omit<RemoteKeysOptions, "url">,
): Promise<KeySource> {
  if (settings.kind === "jwks") {
    const remote = new RemoteKeys({ url: settings.url, ...around });
    return { key: remote.key, algorithms: ASYMMETRIC, remote };
  }
  if (settings.kind === "public-key") {
    const publicKey = createPublicKey(settings.pem);
    const algorithms = algorithmsOf(publicKey);
    const [algorithm] = algorithms;
    if (!algorithm) throw new Error(`JWT_PUBLIC_KEY: ${KEY_RULE}`);
    // jose reads one PEM form only, node all of them.
    const spki = publicKey.export({ type: "spki", format: "pem" }).toString();
    return { key: await importSPKI(spki, algorithm), algorithms };
  }
  const bytes = new TextEncoder().encode(settings.secret);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  // As raw bytes a key could serve any algorithm, and jose would import it anew for every token.
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign", "verify"]);
  return { key, algorithms: ["HS256"] };
}
