import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an Authorization header carries the token. Takes the same time wherever the two differ: digests are
 * compared, so not even the token's length shows.
 */
export function carriesToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
