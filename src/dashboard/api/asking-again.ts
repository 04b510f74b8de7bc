import { isPegError } from "../../client/is-peg-error.js";
import { ERRORS } from "../../contract/error-table.js";

const LONGEST_PAUSE_MS = 10_000;
/** Of what the analysis service answers: each attempt counts towards the limit. */
const MAX_OF_SERVICE = 3;

/**
 * Whether a query that failed is worth asking again: as long as it takes where the server cannot be reached, is away
 * or asks for patience, so that a page that is left open goes on by itself.
 */
export function shouldAskAgain(failures: number, error: Error): boolean {
  if (!isPegError(error)) return true;
  const { code } = error.data.error;
  if (code === "API_RATE_LIMIT_EXCEEDED" || code === "SERVICE_UNAVAILABLE") return true;
  return ERRORS[code].retryable && failures < MAX_OF_SERVICE;
}

/** Why a query is being asked again, while it is: the reason is kept after the last attempt as well. */
export function reasonToWait<TError>({
  fetchStatus,
  failureReason,
}: {
  fetchStatus: string;
  failureReason: TError | null;
}): TError | null {
  return fetchStatus === "fetching" ? failureReason : null;
}

/** @returns milliseconds: what the server asks for, else 1, 2, 4, 8 and then 10 seconds */
export function pauseAfter(failures: number, error: Error): number {
  const usual = Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS);
  const asked = isPegError(error) ? (error.data.error.retry_after ?? 0) * 1000 : 0;
  return Math.max(usual, asked);
}
