import { isPegError } from "../client/index.js";
import { ConfigError } from "../config.js";
import type { ErrorCode } from "../contract/errors.js";
import { CommandError } from "./command-error.js";
import { printable } from "./format-table.js";
import type { CliText } from "./korean.js";
import type { Say } from "./words.js";

const ADVICE = {
  API_AUTHENTICATION_ERROR:
    "The server does not take this token. Give one with --token or PEG_TOKEN; a token made here is signed with JWT_SECRET, or the secret in DATA_DIR, which has to be the server's.",
} as const satisfies Partial<Record<ErrorCode, CliText>>;

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

function placeOf({ hostname, address, port }: SystemError): string | undefined {
  const host = hostname ?? address;
  return host === undefined ? undefined : `${host}${port === undefined ? "" : `:${port}`}`;
}

/** Of a failure to ask the server, or to make sense of what answered. */
function describeUnanswered(chain: readonly Error[], say: Say): string {
  const system = chain.find(isSystemError);
  if (!system) {
    const reason = printable(chain.at(-1)?.message ?? "");
    return say("What answered is not this API: check --url. ({reason})", { reason });
  }
  const place = placeOf(system);
  const { code } = system;
  return place === undefined
    ? say("No server answers ({code}). Start it with peg-bff serve, or check --url.", { code })
    : say("No server answers at {place} ({code}). Start it with peg-bff serve, or check --url.", {
        place,
        code,
      });
}

/** The settings that a problem is about, and what it is: `REDIS_URL and UPSTASH_REDIS_REST_URL: set one of them`. */
const PROBLEM = /^([A-Z_]+(?:(?:, | and | or )[A-Z_]+)*): (.*)$/s;

/** One problem with the settings, in the words of whoever reads it. */
export function describeProblem(problem: string, say: Say): string {
  if (say.language === "en") return problem;
  const [, names, words] = PROBLEM.exec(problem) ?? [];
  if (names === undefined || words === undefined) return problem;
  return `${names.replace(/ and | or /g, ", ")}: ${say.known(words)}`;
}

function describeSettings({ problems, message }: ConfigError, say: Say): string {
  if (say.language === "en") return message;
  const lines = problems.map((problem) => `  - ${describeProblem(problem, say)}`);
  return [say("The settings cannot be used:"), ...lines].join("\n");
}

/** Why a command failed and what to do about it, for the person at the terminal. */
export function describeFailure(error: unknown, say: Say): string {
  if (error instanceof CommandError) return error.words(say);
  if (error instanceof ConfigError) return describeSettings(error, say);
  if (isPegError(error)) {
    const { code, message, details = [] } = error.data.error;
    const lines = details.map((detail) => `  - ${detail.path ? `${detail.path}: ` : ""}${detail.message}`);
    const advice = code in ADVICE ? [say(ADVICE[code as keyof typeof ADVICE])] : [];
    return [`${message} (${code})`, ...lines, ...advice].join("\n");
  }
  const chain = chainOf(error);
  const [outermost] = chain;
  if (!outermost) return String(error);
  if (outermost.name === "TRPCClientError") return describeUnanswered(chain, say);
  const system = chain.find(isSystemError);
  if (system?.code === "EADDRINUSE") {
    const place = placeOf(system);
    return place === undefined
      ? say("Another program listens: choose another port, with PORT or --port; 0 takes a free one.")
      : say(
          "Another program listens at {place}: choose another port, with PORT or --port; 0 takes a free one.",
          {
            place,
          },
        );
  }
  if (system?.code === "EMFILE" || system?.code === "ENFILE") {
    const { code } = system;
    return say("Too few files may be open at once: raise the limit, for instance with ulimit -n. ({code})", {
      code,
    });
  }
  // Its own words are the text of the query.
  if (outermost.message.startsWith("Failed query")) {
    const cause = chain.at(-1);
    const reason = printable([cause?.message, system?.code].filter(Boolean).join(", "));
    return say("The database cannot be used: check DATABASE_URL, and that it runs. ({reason})", { reason });
  }
  return say.known(outermost.message) || system?.code || outermost.name;
}
