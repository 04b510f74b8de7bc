import { httpSubscriptionLink, retryLink, type TRPCLink } from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { EventSource, type FetchLike } from "eventsource";
import { isPegError } from "./is-peg-error.js";
import type { PegRouter } from "./peg-router.js";

export interface SubscriptionOptions {
  url: string;
  transformer: TRPCCombinedDataTransformer;
  headers: () => Promise<Record<string, string>>;
  fetch?: typeof globalThis.fetch | undefined;
}

/** Asks for a stream with a token in its head: a browser's own EventSource would need it in the address. */
function fetchStream({ headers, fetch = globalThis.fetch }: SubscriptionOptions): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...(await headers()) } });
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
    retryLink({ retry: ({ error }) => isTokenUsedUp(error) }),
    httpSubscriptionLink({
      url: options.url,
      transformer: options.transformer,
      EventSource,
      eventSourceOptions: () => ({ fetch: fetchStream(options) }),
    }),
  ];
}
