const SECONDS = /^\d{1,10}$/;
// Date.parse alone reads "2.5" as a day in February.
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .{10,40}$/;

/**
 * Reads a `Retry-After` header: seconds, or an HTTP date.
 *
 * @param now ms since 1970
 * @returns ms to wait, 0 for a date that has passed; undefined for no header or one that is neither
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (SECONDS.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return undefined;
  // The asctime form names no zone: it is UTC too.
  const instant = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - now);
}
