/** Why one attempt failed. `unreachable` and `timeout` never got an answer; the others did. */
export type FailureKind = "unreachable" | "timeout" | "status" | "redirect" | "unreadable" | "too_large";

/**
 * One failed attempt. Stays inside the adapter: `to-peg-error.ts` says what the caller reads.
 * `trips` counts against the circuit; `retryable` may be set to false once no retry can follow.
 */
export class AttemptFailure extends Error {
  override readonly name = "AttemptFailure";

  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly trips: boolean,
    public retryable: boolean,
    readonly about: { status?: number; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
  }
}

const RETRYABLE_4XX = new Set([408, 425, 429]);

/** Whether a status tells of the moment, and not of what was asked. */
export function mayPass(status: number): boolean {
  return status >= 500 || RETRYABLE_4XX.has(status);
}

/** The failure that a status outside 2xx stands for. @param retryAfterMs what the service asked to wait, ms */
export function statusFailure(status: number, retryAfterMs: number | undefined): AttemptFailure {
  if (status < 400) return new AttemptFailure("redirect", `status ${status}`, false, false, { status });
  const server = status >= 500;
  return new AttemptFailure("status", `status ${status}`, server, mayPass(status), { status, retryAfterMs });
}

/** The attempt's own deadline passed. */
export function timeoutFailure(): AttemptFailure {
  return new AttemptFailure("timeout", "no complete answer before the deadline", true, true);
}

/**
 * What undici or ofetch threw, as a failure. ofetch's own error is left out: its message holds the address,
 * and its `options` hold the token.
 */
export function networkFailure(error: unknown): AttemptFailure {
  const cause = error instanceof Error && error.name === "FetchError" ? (error.cause ?? undefined) : error;
  if (isDecodeError(cause)) {
    return new AttemptFailure("unreadable", "the body could not be decompressed", false, false, { cause });
  }
  return new AttemptFailure("unreachable", "connection failed", true, true, { cause });
}

function isDecodeError(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = (at as NodeJS.ErrnoException).code;
    if (typeof code === "string" && (code.startsWith("Z_") || code.startsWith("ERR__ERROR_FORMAT")))
      return true;
  }
  return false;
}
