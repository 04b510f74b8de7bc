import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { ERRORS, type ErrorBody } from "../contract/errors.js";
import { issueWords } from "../contract/issue-words.js";
import { tell } from "../contract/translate.js";
import { fill, type Language, type PlainText } from "../contract/words.js";
import { isDatabaseAway } from "../db/errors.js";
import { type DetailWords, databaseAway, PegError } from "../domain/errors.js";

const MAX_DETAILS = 100;
const MAX_PATH_CHARS = 200;

/** Faults of a request that no procedure sees. Their own messages would repeat what was sent. */
const PROTOCOL_MESSAGES: Partial<Record<TRPCError["code"], PlainText>> = {
  PARSE_ERROR: "The input is not valid JSON.",
  BAD_REQUEST: "The request is not one that this API takes.",
  NOT_FOUND: "There is no such procedure.",
  METHOD_NOT_SUPPORTED: "Queries are asked with GET, mutations with POST.",
  UNSUPPORTED_MEDIA_TYPE: "A body must be application/json.",
};

/** Issues as details, few and short: a body of unknown fields has millions of both. */
function detailsOf({ issues }: ZodError): DetailWords[] {
  const details: DetailWords[] = [];
  for (const issue of issues) {
    const left = MAX_DETAILS - details.length;
    if (left <= 0) break;
    const places = issue.code === "unrecognized_keys" ? issue.keys.slice(0, left) : [undefined];
    for (const key of places) {
      const path = [...issue.path, ...(key === undefined ? [] : [key])].join(".").slice(0, MAX_PATH_CHARS);
      details.push({ path, message: issueWords(issue) });
    }
  }
  return details;
}

function fromZod(error: ZodError): PegError {
  return new PegError("API_VALIDATION_ERROR", "The input does not fit. `details` names the fields.", {
    details: detailsOf(error),
    cause: error,
  });
}

/** Of a body that is longer than what is taken, whether that shows before or while it is read. */
export function bodyTooLarge(maxBytes: number): PegError {
  return new PegError(
    "PAYLOAD_TOO_LARGE",
    fill("A body may have at most {bytes} bytes here.", { bytes: maxBytes }),
  );
}

/** Of a body whose sender is gone: nobody hears of it but the log. */
export function bodyCutOff(cause: unknown): PegError {
  return new PegError("API_VALIDATION_ERROR", "The body broke off before its end.", { cause });
}

/** Of a request that is refused before anything is done for it. @param retryAfter seconds */
export function overloaded(retryAfter: number): PegError {
  return new PegError(
    "SERVICE_UNAVAILABLE",
    "More is asked of this server than it can answer. Try again soon.",
    { retryAfter },
  );
}

/** Of a large body for which there is no room among those that are read or wait. @param retryAfter seconds */
export function tooManyUploads(retryAfter: number): PegError {
  return new PegError(
    "SERVICE_UNAVAILABLE",
    "More is being uploaded to this server than it can hold. Try again soon.",
    { retryAfter },
  );
}

/** Any error as one that may leave: the only place that decides what a caller sees. */
export function toPegError(error: unknown): PegError {
  if (error instanceof PegError) return error;
  if (error instanceof TRPCError) {
    const { cause, code } = error;
    if (cause instanceof PegError) return cause;
    if (code === "BAD_REQUEST" && cause instanceof ZodError) return fromZod(cause);
    if (code !== "INTERNAL_SERVER_ERROR") {
      // Our own refusals of an envelope carry no cause; those of the library may quote the input.
      const message = PROTOCOL_MESSAGES[code] ?? "The request is not one that this API takes.";
      return new PegError("API_VALIDATION_ERROR", message, { cause: error });
    }
    if (cause) return toPegError(cause);
  }
  if (isDatabaseAway(error)) return databaseAway(error);
  return new PegError(
    "INTERNAL_ERROR",
    "Something went wrong on our side. Report the request_id to the operator.",
    {
      cause: error,
    },
  );
}

/** The error as tRPC carries it. */
export function toTrpcError(error: unknown): TRPCError {
  const cause = toPegError(error);
  return new TRPCError({ code: ERRORS[cause.code].trpc, message: cause.message, cause });
}

/** The body that both faces send, in a language: the only place that translates what was thrown. */
export function errorBodyOf(error: PegError, requestId: string, now: number, language: Language): ErrorBody {
  const details = error.detailWords?.map(({ path, message }) => ({ path, message: tell(message, language) }));
  return {
    code: error.code,
    message: tell(error.words, language),
    timestamp: new Date(now).toISOString(),
    request_id: requestId,
    ...(details ? { details } : {}),
    ...(error.retryAfter === undefined ? {} : { retry_after: Math.max(1, Math.ceil(error.retryAfter)) }),
  };
}
