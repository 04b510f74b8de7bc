import { type DestinationStream, pino } from "pino";
import { ownWords } from "./contract/translate.js";
import { PegError } from "./domain/errors.js";
import type { Logger } from "./domain/ports.js";
import { placeOf } from "./place-of.js";

const MAX_CAUSES = 5;
/** Made by the engine or by us, of code and not of data. Messages of other errors quote SQL, input or commands. */
const SAFE_MESSAGES = [TypeError, RangeError, ReferenceError];

/** Of our own errors only our own words: others may be those of the analysis service. */
function safeMessage(error: Error): string | undefined {
  if (error instanceof PegError) return ownWords(error.words);
  return SAFE_MESSAGES.some((kind) => error instanceof kind) ? error.message : undefined;
}

/** An error as a log may show it: what kind, where, and why, without what it was about. */
export function describeError(error: unknown): object {
  const chain: object[] = [];
  for (let current = error; current instanceof Error && chain.length < MAX_CAUSES; ) {
    const { name, cause } = current;
    const { code } = current as { code?: unknown };
    const message = safeMessage(current);
    chain.push({
      name,
      ...(typeof code === "string" ? { code } : {}),
      ...(message === undefined ? {} : { message }),
      at: placeOf(current),
    });
    current = cause;
  }
  return chain.length ? { chain } : { name: typeof error };
}

/** More than this is not gathered. */
const GATHERED_CHARS = 64 * 1024;
/** Bytes that wait where a full disk takes none; the lines after them are lost. */
const MAX_WAITING = 1024 * 1024;
let standardError: DestinationStream | undefined;

/**
 * Standard error, which gets the lines of one turn of the event loop in one write: a busy server has dozens, and each
 * write costs as much as a small answer.
 */
function gatheredError(): DestinationStream {
  const out = pino.destination({ dest: 2, sync: true, maxLength: MAX_WAITING });
  // It may be a file on a full disk, which must not end the service; nor is there another place to tell of it.
  out.on("error", () => {});
  let lines = "";
  const flush = () => {
    if (lines) out.write(lines);
    lines = "";
  };
  process.once("exit", flush);
  return {
    write(line) {
      if (!lines) setImmediate(flush);
      lines += line;
      if (lines.length > GATHERED_CHARS) flush();
    },
  };
}

let timestampOf = { ms: 0, text: "" };

/** As a part of a line: a busy server writes dozens of lines in the same millisecond. */
function timestamp(): string {
  const ms = Date.now();
  if (ms !== timestampOf.ms) timestampOf = { ms, text: `,"timestamp":"${new Date(ms).toISOString()}"` };
  return timestampOf.text;
}

/** Structured lines, one JSON object each. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  standardError ??= destination ? undefined : gatheredError();
  return pino(
    { level, base: undefined, timestamp, serializers: { err: describeError } },
    destination ?? standardError,
  );
}
