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
  B17: "no job is scheduled; when one is tried again pg-boss computes by the database's clock, and looks by it",
  P4: "a power cut is not survived by the embedded database, as README and SECURITY say",
  P5: "the embedded database runs in the process: it is for one user or a demo, PostgreSQL for load",
};

/** Cases that are met in part, by the tests that name them, and what is otherwise than the catalogue has it. */
export const IN_PART: Record<string, string> = {
  T25: "a computation whose caller has left is completed on purpose: its comparison is kept for the next one",
  U10: "no ramp after an outage: the bulkhead bounds what the analysis service is asked at once",
  J8: 'a subject with ":" is taken: keys in Redis hold a hash of it',
  J24: "a verifier whose clock is two hours fast refuses all tokens as expired, and has no metric of its own for it",
  C11: "a visit waits 200 ms for Redis, not 50, as the design has it",
  E7: "uses of a key are counted by each process, and the alert sums them",
  P6: "a call outside of its transaction is found where sources are checked, not when it runs",
  B16: "so is a job that is sent beside its transaction: no watchdog looks while it runs",
  D2: "a create without an id whose answer was lost may be made twice: an id prevents that",
  B2: "a run is bounded by the deadline of the analysis service, and renewed until then",
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
