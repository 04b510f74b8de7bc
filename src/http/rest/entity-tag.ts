/** A weak tag: bodies that say the same may differ in bytes, compressed or not, computed or cached. */
export function entityTag(tag: string): string {
  return `W/"${tag}"`;
}

/** Whether the caller has it already, by the weak comparison of RFC 9110, section 8.8.3.2. */
export function isHeldBy(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const held = ifNoneMatch.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return held.includes("*") || held.includes(`"${tag}"`);
}
