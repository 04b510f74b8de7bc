import { hkdfSync, type webcrypto } from "node:crypto";

export interface EncryptionKey {
  kid: string;
  /** 32 bytes. */
  secret: Uint8Array;
}

/** One key of the ring, ready for both uses. */
export interface RingKey {
  kid: string;
  /** Seals values of records, through jose. */
  record: webcrypto.CryptoKey;
  /** Seals cache entries. Derived, so that the many nonces of the cache do not wear down the record key. */
  entry: Uint8Array;
}

export interface KeyRing {
  /** Seals; all others only open. */
  first: RingKey;
  byId: ReadonlyMap<string, RingKey>;
}

/** Imports the keys once; the first one seals. */
export async function createKeyRing(keys: readonly EncryptionKey[]): Promise<KeyRing> {
  const ring = await Promise.all(
    keys.map(async ({ kid, secret }): Promise<RingKey> => {
      const raw = new Uint8Array(secret);
      return {
        kid,
        record: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]),
        entry: new Uint8Array(hkdfSync("sha256", raw, "", "peg-comparison cache entry", 32)),
      };
    }),
  );
  const first = ring[0];
  if (!first) throw new Error("a key ring needs at least one key");
  return { first, byId: new Map(ring.map((key) => [key.kid, key])) };
}
