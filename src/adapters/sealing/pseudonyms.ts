import { createHmac, hkdfSync } from "node:crypto";
import { LRUCache } from "lru-cache";

const MAX_HELD = 10_000;
/** 64 bits: two of a million users share a name once in 40 million such sets. */
const CHARACTERS = 16;

/**
 * Names for users that do not tell who they are: the same user has the same name in all processes with the same key,
 * and nobody without the key can try names until one fits.
 *
 * @param secret of the key that seals, from which one for this purpose alone is derived
 */
export function createPseudonyms(secret: Uint8Array): (userId: string) => string {
  const key = new Uint8Array(hkdfSync("sha256", secret, "", "peg-comparison user names in logs", 32));
  const held = new LRUCache<string, string>({ max: MAX_HELD });
  return (userId) => {
    const known = held.get(userId);
    if (known !== undefined) return known;
    const name = `u_${createHmac("sha256", key).update(userId).digest("hex").slice(0, CHARACTERS)}`;
    held.set(userId, name);
    return name;
  };
}
