import type { ErrorDetail } from "../contract/errors.js";

/** A request this service does not answer, with the status and body it gets instead. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: readonly ErrorDetail[],
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export function malformed(message: string, details?: readonly ErrorDetail[]): Refusal {
  return new Refusal(400, "API_VALIDATION_ERROR", message, details);
}

/** The body of every failure. */
export function failureBody({
  code,
  message,
  details,
}: {
  code: string;
  message: string;
  details?: readonly ErrorDetail[] | undefined;
}) {
  return { success: false as const, error: { code, message, ...(details && { details }) } };
}
