import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { PegRouter } from "./peg-router.js";

/** In the context of a stream: ends it with an error that another attempt would not mend. */
const FAIL = "fail";

/** What a link below calls where a stream cannot go on. */
export function failOf(context: Record<string, unknown>): (error: unknown) => void {
  return (context[FAIL] as ((error: unknown) => void) | undefined) ?? (() => undefined);
}

/** A query whose caller leaves ends then, wherever it is: also in the pause before it is asked again, for good. */
export function leaveAtOnce(): TRPCLink<PegRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const { signal } = op;
        if (signal?.aborted) {
          observer.error(TRPCClientError.from(signal.reason));
          return () => {};
        }
        const subscription = next(op).subscribe(observer);
        const leave = () => {
          subscription.unsubscribe();
          observer.error(TRPCClientError.from(signal?.reason));
        };
        signal?.addEventListener("abort", leave, { once: true });
        return () => {
          signal?.removeEventListener("abort", leave);
          subscription.unsubscribe();
        };
      });
}

/** A stream is complete when the server ends it, not when its reader leaves: what comes next is done once. */
export function completeAtTheEnd(): TRPCLink<PegRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let left = false;
        op.context[FAIL] = (error: unknown) => {
          if (left || op.signal?.aborted) return;
          left = true;
          subscription.unsubscribe();
          observer.error(TRPCClientError.from(error as Error));
        };
        const subscription = next(op).subscribe({
          next: (value) => observer.next(value),
          error: (error) => observer.error(error),
          complete() {
            if (!left && !op.signal?.aborted) observer.complete();
          },
        });
        return () => {
          left = true;
          subscription.unsubscribe();
        };
      });
}
