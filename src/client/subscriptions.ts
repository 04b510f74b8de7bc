import { httpSubscriptionLink, retryLink, type TRPCLink } from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { EventSource, type FetchLike } from "eventsource";
import { isPegError } from "./is-peg-error.js";
import { completeAtTheEnd, failOf } from "./leaving.js";
import type { PegRouter } from "./peg-router.js";

export interface SubscriptionOptions {
  url: string;
  transformer: TRPCCombinedDataTransformer;
  headers: () => Promise<Record<string, string>>;
  fetch?: typeof globalThis.fetch | undefined;
}

/** Whether something was asked for over the network and no answer came, as fetch tells it, or what builds on it. */
function isNoAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof TypeError || error.name === "TimeoutError" || isNoAnswer(error.cause);
}

/** Asks for a stream with a token in its head: a browser's own EventSource would need it in the address. */
function fetchStream(
  { headers, fetch = globalThis.fetch }: SubscriptionOptions,
  fail: (error: unknown) => void,
): FetchLike {
  return async (url, init) => {
    const head = await headers().catch((error: unknown) => {
      // To an EventSource all that is thrown may pass. Of tokens that does where one is fetched and no answer comes.
      if (!isNoAnswer(error)) fail(error);
      throw error;
    });
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...head } });
    // To an EventSource any answer is final; one that may pass has to fail as the network does.
    if (response.status < 500) return response;
    // Unread, it would keep its connection from others.
    await response.body?.cancel();
    throw new TypeError(`the server answered ${response.status}`);
  };
}

/** Whether a stream ended because the token that it began with expired. One that is refused at first stays refused. */
function isTokenUsedUp(error: unknown): boolean {
  return (
    isPegError(error, "API_AUTHENTICATION_ERROR") &&
    (error.data.error.details ?? []).some(({ path }) => path === "token")
  );
}

/** In the context of a stream that has brought an event: how long it has waited for a place since its last one, ms. */
const WAITED = "waited";
/** Far longer than the place of a lost connection is held. */
const MAX_WAIT_MS = 180_000;

/** Notes of a stream that it has brought an event. */
function noteEvents(): TRPCLink<PegRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) =>
        next(op).subscribe({
          next(value) {
            if ("data" in value.result) op.context[WAITED] = 0;
            observer.next(value);
          },
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        }),
      );
}

/**
 * How long to wait before a stream whose place is still held, by its own lost connection, is asked for again.
 *
 * @param waited how long it has waited already, ms; undefined where it never had a place
 * @returns ms; undefined where it is not to wait
 */
function waitForPlace(error: unknown, waited: unknown): number | undefined {
  if (typeof waited !== "number" || waited >= MAX_WAIT_MS) return undefined;
  if (!isPegError(error, "API_RATE_LIMIT_EXCEEDED")) return undefined;
  const { details = [], retry_after: seconds = 1 } = error.data.error;
  return details.some(({ path }) => path === "streams") ? seconds * 1000 : undefined;
}

/** Asks again for streams that ended, where they may go on. */
function resume(): TRPCLink<PegRouter> {
  let wait = 0;
  return retryLink({
    retry({ op, error }) {
      const waited = op.context[WAITED];
      const forPlace = waitForPlace(error, waited);
      if (forPlace !== undefined) op.context[WAITED] = Number(waited) + forPlace;
      // Read at once by the function below, which is not told the error.
      wait = forPlace ?? 0;
      return forPlace !== undefined || isTokenUsedUp(error);
    },
    retryDelayMs: () => wait,
  });
}

/**
 * Streams that go on after a lost connection, a restarted server and an expired token, from the last event on. Each
 * connection asks for the token anew.
 */
export function subscriptionLinks(options: SubscriptionOptions): TRPCLink<PegRouter>[] {
  return [
    completeAtTheEnd(),
    resume(),
    noteEvents(),
    httpSubscriptionLink({
      url: options.url,
      transformer: options.transformer,
      EventSource,
      eventSourceOptions: ({ op }) => ({ fetch: fetchStream(options, failOf(op.context)) }),
    }),
  ];
}
