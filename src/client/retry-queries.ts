import { retryLink, type TRPCClientError, type TRPCLink } from "@trpc/client";
import { isPegError } from "./is-peg-error.js";
import type { PegRouter } from "./peg-router.js";

const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const GROWTH = 4;
const LONGEST_WAIT_SECONDS = 2;
/** Within it, failures are of one batch: their timers would begin, and end, milliseconds apart. */
const TOGETHER_MS = 20;

/** fetch fails with a TypeError where no answer comes or one breaks off; so does what fetches a token. */
function isUnanswered(error: TRPCClientError<PegRouter>): boolean {
  return error.data == null && error.meta?.response === undefined && error.cause?.name === "TypeError";
}

/** How long a failure asks to wait, in milliseconds, or undefined where trying again would not help or not be fair. */
function waitAfter(error: TRPCClientError<PegRouter>): number | undefined {
  if (isUnanswered(error)) return 0;
  if (!isPegError(error, "SERVICE_UNAVAILABLE") && !isPegError(error, "MCP_CONNECTION_FAILED"))
    return undefined;
  const { retry_after: seconds = 0 } = error.data.error;
  return seconds <= LONGEST_WAIT_SECONDS ? seconds * 1000 : undefined;
}

/** Asks again, at most twice, where a backend could not be reached or is away for a moment. For queries only. */
export function retryQueries(): TRPCLink<PegRouter> {
  // Drawn once: clients spread, while calls of one that failed together come again together, as one batch.
  const jitter = 0.75 + Math.random() / 2;
  let wait = 0;
  let last = { failedAt: Number.NEGATIVE_INFINITY, pause: 0 };
  return retryLink<PegRouter>({
    retry({ op, error, attempts }) {
      const asked = waitAfter(error);
      if (attempts >= MAX_ATTEMPTS || op.signal?.aborted || asked === undefined) return false;
      // Read at once by the function below, which is not told the error.
      wait = asked;
      return true;
    },
    retryDelayMs: (attempts) => {
      const pause = wait + FIRST_PAUSE_MS * GROWTH ** (attempts - 1) * jitter;
      const passed = performance.now() - last.failedAt;
      if (pause === last.pause && passed < TOGETHER_MS) return pause - passed;
      last = { failedAt: performance.now(), pause };
      return pause;
    },
  });
}
