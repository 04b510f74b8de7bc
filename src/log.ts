import { type DestinationStream, pino } from "pino";
import { PegError } from "./domain/errors.js";
import type { Logger } from "./domain/ports.js";

const MAX_CAUSES = 5;
/** Made by the engine or by us, of code and not of data. Messages of other errors quote SQL, input or commands. */
const SAFE_MESSAGES = [TypeError, RangeError, ReferenceError, PegError];

/** The nearest place in our own code, which tells where to look without a stack. */
function placeOf(error: Error): string | undefined {
  return /\/((?:src|dist)\/[\w./-]+:\d+)/.exec(error.stack?.slice(error.message.length) ?? "")?.[1];
}

/** An error as a log may show it: what kind, where, and why, without what it was about. */
export function describeError(error: unknown): object {
  const chain: object[] = [];
  for (let current = error; current instanceof Error && chain.length < MAX_CAUSES; ) {
    const { name, message, cause } = current;
    const { code } = current as { code?: unknown };
    const safe = SAFE_MESSAGES.some((kind) => current instanceof kind);
    chain.push({
      name,
      ...(typeof code === "string" ? { code } : {}),
      ...(safe ? { message } : {}),
      at: placeOf(current),
    });
    current = cause;
  }
  return chain.length ? { chain } : { name: typeof error };
}

/** Structured lines, one JSON object each. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino({ level, base: undefined, serializers: { err: describeError } }, destination);
}
