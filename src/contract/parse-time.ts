// Without a schema library, which a page would load for this alone.

const ISO_8601 = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const HAS_ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;

/** What PostgreSQL, JavaScript and ISO 8601 all write alike. */
export function isOrdinary(instant: Date): boolean {
  const year = instant.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

/** As spreadsheets write the first ten hours of a day. */
const SHORT_HOUR = /^(\d{4}-\d{2}-\d{2}[T ])(\d:)/;

/** The same for a time in a CSV file, where the hour may have one digit: `2024-01-01 9:00`. */
export function parseSheetTime(text: string): Date | undefined {
  return parseTime(text.replace(SHORT_HOUR, "$10$2"));
}

/**
 * Reads ISO 8601 text as an instant. Text without a zone is UTC, as Python services write it.
 *
 * @returns the instant, or undefined where the text is no such time (month 13, for instance)
 */
export function parseTime(text: string): Date | undefined {
  if (!ISO_8601.test(text)) return undefined;
  const dateOnly = text.length === 10;
  const normal = text.replace(" ", "T");
  const instant = new Date(dateOnly || HAS_ZONE.test(normal.slice(10)) ? normal : `${normal}Z`);
  if (!isOrdinary(instant)) return undefined;
  // Date rolls 30 February over to March: such a day is refused instead.
  const day = Number(text.slice(8, 10));
  const lastOfMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0));
  return day <= lastOfMonth.getUTCDate() ? instant : undefined;
}
