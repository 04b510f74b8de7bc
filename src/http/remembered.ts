import { LRUCache } from "lru-cache";

const MAX_TEXTS = 1_000;
/** Nobody who asks for what others ask for sends more. */
const MAX_CHARS = 512;

/**
 * Reads a text that many requests bring, as targets and headers are, once: dashboards ask for the same again and again.
 *
 * @param read of the text alone; what it makes is shared, and must not be changed. undefined is not remembered
 */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new LRUCache<string, NonNullable<T>>({ max: MAX_TEXTS });
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = read(text);
    if (made !== undefined && made !== null && text.length <= MAX_CHARS) known.set(text, made);
    return made;
  };
}
