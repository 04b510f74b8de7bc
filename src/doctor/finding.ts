import type { Say } from "../cli/words.js";
import type { Config } from "../config.js";

/** What is said to the person at the terminal, in their language. */
export type Words = (say: Say) => string;

/** What one look came to. */
export interface Finding {
  check: Words;
  /** `fault`: does not work until it is mended. `warning`: works, and should not stay so. `skipped`: not looked at. */
  status: "ok" | "warning" | "fault" | "skipped";
  found: Words;
  /** How to mend it: of every warning and fault. */
  mend?: Words;
}

/** What is examined, and by what. */
export interface Examination {
  config: Config;
  /** Milliseconds since 1970. */
  now(): number;
  /** Of the disk that a path lies on; null where that cannot be told. */
  freeBytes(path: string): number | null;
  /** The SQL of all migrations lies here. */
  migrationsFolder: string;
}

/** Makes findings of one check. */
export function findingsOf(check: Words) {
  return {
    ok: (found: Words): Finding => ({ check, status: "ok", found }),
    skipped: (found: Words): Finding => ({ check, status: "skipped", found }),
    warning: (found: Words, mend: Words): Finding => ({ check, status: "warning", found, mend }),
    fault: (found: Words, mend: Words): Finding => ({ check, status: "fault", found, mend }),
  };
}

/** Why the system or a driver refused, in a word or two: messages may quote a password. */
export function reasonOf(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const inner = current instanceof AggregateError ? current.errors[0] : undefined;
    const { code } = (inner ?? current) as { code?: unknown };
    if (typeof code === "string") return code;
    if (current.cause === undefined) return current.name;
  }
  return "Error";
}
