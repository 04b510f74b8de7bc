/** One file of `drizzle/`. */
export interface Migration {
  name: string;
  text: string;
}

const NAME = String.raw`(?:"?\w+"?\.)?"?(\w+)"?`;
const CREATED = new RegExp(`^CREATE TABLE ${NAME}`, "i");
const ALTERED = new RegExp(
  `^(?:ALTER TABLE (?:IF EXISTS )?(?:ONLY )?|CREATE UNIQUE INDEX .*? ON (?:ONLY )?)${NAME}`,
  "i",
);
const COLUMN = /^ALTER TABLE \S+ ADD COLUMN \S+ [^,]+$/i;
/** What a column asks of whoever writes a row and does not know of it. */
const ASKING = /\b(?:UNIQUE|PRIMARY|REFERENCES|CHECK|GENERATED)\b/i;
const HARMLESS = /^(?:CREATE INDEX|CREATE SCHEMA|CREATE TYPE|COMMENT ON)\b/i;
/** Whoever deletes a row and does not know of those that point to it must not be kept from it. */
const HOLDING = /\bREFERENCES\b(?!.*\bON DELETE (?:CASCADE|SET NULL)\b)/i;
/** In a comment before a statement that does more than to add. */
const REASON = /^-- The release before lives with this: \S.{15,}$/m;

function isAddition(statement: string, created: ReadonlySet<string>): boolean {
  if (HOLDING.test(statement)) return false;
  if (CREATED.test(statement) || HARMLESS.test(statement)) return true;
  // Of a table that is made here the release before knows nothing.
  if (created.has(ALTERED.exec(statement)?.[1] ?? "")) return true;
  if (!COLUMN.test(statement) || ASKING.test(statement)) return false;
  return !/\bNOT NULL\b/i.test(statement) || /\bDEFAULT\b/i.test(statement);
}

/**
 * Statements of a migration that the release before may not live with, which goes on serving while it is replaced, and
 * may have to come back. What is not known to be harmless is refused, unless a comment says why it is.
 */
export function refusedIn({ name, text }: Migration): string[] {
  const parts = text.split("--> statement-breakpoint").map((part) => ({
    excused: REASON.test(part),
    statements: part
      .replace(/--.*$/gm, "")
      .split(";")
      .map((statement) => statement.replace(/\s+/g, " ").trim())
      .filter(Boolean),
  }));
  const all = parts.flatMap(({ statements }) => statements);
  const created = new Set(all.flatMap((statement) => CREATED.exec(statement)?.[1] ?? []));
  return parts
    .filter(({ excused }) => !excused)
    .flatMap(({ statements }) => statements)
    .filter((statement) => !isAddition(statement, created))
    .map((statement) => `${name}: ${statement}`);
}
