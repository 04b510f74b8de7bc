/** A connection that was there is so no more. */
// The last is of a transaction that stood still: the server ends the session, and says so to whatever is asked next.
const BROKEN_CODES = ["CONNECTION_CLOSED", "ECONNRESET", "EPIPE", "57P01", "57P02", "25P03"];

/** Serialization failure and deadlock: nothing of the transaction took effect. */
const LOST_CODES = ["40001", "40P01"];

const AWAY_CODES = new Set([
  ...BROKEN_CODES,
  // To a restore, for instance, which locks all tables: a little later there is room
  ...LOST_CODES,
  // postgres.js and node
  "CONNECT_TIMEOUT",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNREFUSED",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  // No secrecy where the address wants it, no answer, a lock that was not to be had, a statement that took too long
  "NOT_ENCRYPTED",
  "NO_ANSWER",
  "55P03",
  "57014",
  // PostgreSQL: cannot connect now, too many connections, read-only after a failover
  "57P03",
  "53300",
  "25006",
  // No disk, no memory, no file or connection left, here or there
  "53000",
  "53100",
  "53200",
  "58030",
  "EMFILE",
  "ENFILE",
]);

const UNIQUE_VIOLATION = "23505";
const FOREIGN_KEY_VIOLATION = "23503";

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let current = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    const { code } = current as { code?: unknown };
    if (typeof code === "string") codes.push(code);
    current = current.cause;
  }
  return codes;
}

/** Whether an error of a query means that the database cannot be reached or does not serve now. */
export function isDatabaseAway(error: unknown): boolean {
  return codesOf(error).some((code) => AWAY_CODES.has(code));
}

/** Whether a connection broke on which a statement was under way; whether that took effect is not known. */
export function isBroken(error: unknown): boolean {
  return codesOf(error).some((code) => BROKEN_CODES.includes(code));
}

/** Whether a row with the same key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return codesOf(error).includes(UNIQUE_VIOLATION);
}

/** Whether the row that this one belongs to is gone. */
export function isForeignKeyViolation(error: unknown): boolean {
  return codesOf(error).includes(FOREIGN_KEY_VIOLATION);
}

/** Whether a transaction lost to another one, and may be tried anew. */
export function isRetryable(error: unknown): boolean {
  return codesOf(error).some((code) => LOST_CODES.includes(code));
}
