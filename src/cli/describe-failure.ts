import { isPegError } from "../client/index.js";
import type { ErrorCode } from "../contract/errors.js";
import { printable } from "./format-table.js";

const ADVICE: Partial<Record<ErrorCode, string>> = {
  API_AUTHENTICATION_ERROR:
    "The server does not take this token. Give one with --token or PEG_TOKEN; a token made here is signed with " +
    "JWT_SECRET, or the secret in DATA_DIR, which has to be the server's.",
  CONFLICT: "Give it another id with --id.",
};

/** As Node, or a driver, says why something on the other side cannot be had. */
interface SystemError extends Error {
  code: string;
  address?: string;
  hostname?: string;
  port?: number;
}

/** An error and what caused it, outermost first. Refused connections to several addresses come as one error. */
function chainOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...chainOf(inner)];
}

function isSystemError(error: Error): error is SystemError {
  return typeof (error as { code?: unknown }).code === "string";
}

function placeOf({ hostname, address, port }: SystemError): string {
  const host = hostname ?? address;
  return host === undefined ? "" : ` at ${host}${port === undefined ? "" : `:${port}`}`;
}

/** Of a failure to ask the server, or to make sense of what answered. */
function describeUnanswered(chain: readonly Error[]): string {
  const system = chain.find(isSystemError);
  if (system) {
    return `No server answers${placeOf(system)} (${system.code}). Start it with peg-bff serve, or check --url.`;
  }
  return `What answered is not this API: check --url. (${printable(chain.at(-1)?.message ?? "")})`;
}

/** Why a command failed and what to do about it, for the person at the terminal. */
export function describeFailure(error: unknown): string {
  if (isPegError(error)) {
    const { code, message, details = [] } = error.data.error;
    const lines = details.map((detail) => `  - ${detail.path ? `${detail.path}: ` : ""}${detail.message}`);
    const advice = ADVICE[code];
    return [`${message} (${code})`, ...lines, ...(advice ? [advice] : [])].join("\n");
  }
  const chain = chainOf(error);
  const [outermost] = chain;
  if (!outermost) return String(error);
  if (outermost.name === "TRPCClientError") return describeUnanswered(chain);
  const system = chain.find(isSystemError);
  if (system?.code === "EADDRINUSE") {
    return `Another program listens${placeOf(system)}: choose another port, with PORT or --port; 0 takes a free one.`;
  }
  // Its own words are the text of the query.
  if (outermost.message.startsWith("Failed query")) {
    const cause = chain.at(-1);
    const reason = [cause?.message, system?.code].filter(Boolean).join(", ");
    return `The database cannot be used: check DATABASE_URL, and that it runs. (${printable(reason)})`;
  }
  return outermost.message || system?.code || outermost.name;
}
