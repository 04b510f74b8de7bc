/** The families of the catalogue of attacks and faults, with the last number of each. */
export const FAMILIES = {
  "trap ": 12,
  J: 26,
  T: 26,
  R: 17,
  L: 16,
  C: 14,
  E: 13,
  B: 19,
  D: 9,
  P: 11,
  U: 13,
  F: 10,
} as const;

/** What each is about, as far as it may help. */
export const SUBJECTS: Record<keyof typeof FAMILIES, string> = {
  "trap ": "what our libraries do unasked",
  J: "tokens",
  T: "tRPC",
  R: "REST and HTTP",
  L: "limits",
  C: "caches",
  E: "encryption at rest",
  B: "jobs",
  D: "PostgreSQL",
  P: "the embedded database and backups",
  U: "the analysis service",
  F: "faults and load",
};

/** Cases that are none here, and why. */
export const NOT_OURS: Record<string, string> = {
  E9: "nothing sealed is looked up by equality: user ids in columns are plain, cell ids are never asked for",
  E12: "no Fernet value is ever read: values are JWE from the first version on",
  B9: "no singleton keys: the row of a task is the lock, by a unique index (B10)",
  B17: "no job is scheduled or put off by a clock: pg-boss runs without its scheduler",
  P4: "a power cut is not survived by the embedded database, as README and SECURITY say",
  P5: "the embedded database runs in the process: it is for one user or a demo, PostgreSQL for load",
};

/** Cases that take hours, with the command that runs them, which no run of the suite does. */
export const APART: Record<string, string> = {
  F3: "npm run bench -- --only soak",
  F8: "npm run mutation",
};

const LIST = String.raw`(?:trap \d+|[A-Z]\d{1,2})(?:, (?:trap \d+|[A-Z]\d{1,2}))*`;
const NAMED = new RegExp(String.raw`^(${LIST}): |\((${LIST})\)$`);

/** The numbers that a title names: before a colon at its beginning, or in parentheses at its end. */
export function numbersIn(title: string): string[] {
  const [, first, last] = NAMED.exec(title) ?? [];
  return [first, last].flatMap((list) => list?.split(", ") ?? []);
}
