import { retryLink, type TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { isPegError } from "./is-peg-error.js";
import { leaveAtOnce } from "./leaving.js";
import type { PegRouter } from "./peg-router.js";

const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const GROWTH = 4;
const LONGEST_WAIT_SECONDS = 2;
/** Timers of calls that failed together end some milliseconds apart: the first one waits so long for the others. */
const TOGETHER_MS = 20;
/** In the context of a call that is not asked for the first time. */
const AGAIN = "again";

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

/** Lets calls that are asked again go on together, in one turn, so that they are one batch once more. */
function regroup(): TRPCLink<PegRouter> {
  let gate: Promise<void> | undefined;
  function opened(): Promise<void> {
    gate ??= new Promise((resolve) => {
      setTimeout(() => {
        gate = undefined;
        resolve();
      }, TOGETHER_MS);
    });
    return gate;
  }
  return () =>
    ({ op, next }) =>
      op.context[AGAIN]
        ? observable((observer) => {
            let ended = false;
            let stop = () => {
              ended = true;
            };
            void opened().then(() => {
              if (ended) return;
              const subscription = next(op).subscribe(observer);
              stop = () => subscription.unsubscribe();
            });
            return () => stop();
          })
        : next(op);
}

/** Asks again, at most twice, where a backend could not be reached or is away for a moment. For queries only. */
export function retryQueries(): TRPCLink<PegRouter>[] {
  // Drawn once: clients spread, while calls of one that failed together come again together, as one batch.
  const jitter = 0.75 + Math.random() / 2;
  let wait = 0;
  const retry = retryLink<PegRouter>({
    retry({ op, error, attempts }) {
      const asked = waitAfter(error);
      if (attempts >= MAX_ATTEMPTS || op.signal?.aborted || asked === undefined) return false;
      // Read at once by the function below, which is not told the error.
      wait = asked;
      op.context[AGAIN] = true;
      return true;
    },
    retryDelayMs: (attempts) => wait + FIRST_PAUSE_MS * GROWTH ** (attempts - 1) * jitter,
  });
  return [leaveAtOnce(), retry, regroup()];
}
