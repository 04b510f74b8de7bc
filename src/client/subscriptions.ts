import { httpSubscriptionLink, retryLink, type TRPCLink } from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
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
    if (response.status >= 500) throw new TypeError(`the server answered ${response.status}`);
    return response;
  };
}

/** Whether a stream ended because the token that it began with expired. One that is refused at first stays refused. */
function isTokenUsedUp(error: unknown): boolean {
  return (
    isPegError(error, "API_AUTHENTICATION_ERROR") &&
    (error.data.error.details ?? []).some(({ path }) => path === "token")
  );
}

/**
 * Streams that go on after a lost connection, a restarted server and an expired token, from the last event on. Each
 * connection asks for the token anew.
 */
export function subscriptionLinks(options: SubscriptionOptions): TRPCLink<PegRouter>[] {
  return [
    completeAtTheEnd(),
    retryLink({ retry: ({ error }) => isTokenUsedUp(error) }),
    httpSubscriptionLink({
      url: options.url,
      transformer: options.transformer,
      EventSource,
      eventSourceOptions: ({ op }) => ({ fetch: fetchStream(options, failOf(op.context)) }),
    }),
  ];
}
