import { httpSubscriptionLink, type Operation, retryLink, type TRPCLink } from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { EventSource, type FetchLike } from "eventsource";
import type { AppRouter } from "../trpc/app-router.js";
import { isPegError } from "./is-peg-error.js";

export interface SubscriptionOptions {
  url: string;
  transformer: TRPCCombinedDataTransformer;
  headers: () => Promise<Record<string, string>>;
  fetch?: typeof globalThis.fetch | undefined;
}

/** Set on an operation while the server has taken its stream: what ends it then is no refusal. */
const TAKEN = "pegStreamTaken";

/**
 * A refusal as the one event that tells of it: an EventSource knows of an answer that is no stream only that it is
 * none. What may pass is a failure of the network to it, after which it connects again by itself.
 */
async function asEvents(response: Response): Promise<Response> {
  if (response.status >= 500) throw new TypeError(`the server answered ${response.status}`);
  const { error } = (await response.json()) as { error: unknown };
  return new Response(`event: serialized-error\ndata: ${JSON.stringify(error)}\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** Asks for a stream with a token in its head: a browser's own EventSource would need it in the address. */
function fetchStream({ headers, fetch = globalThis.fetch }: SubscriptionOptions, op: Operation): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...(await headers()) } });
    op.context[TAKEN] = response.ok;
    return response.ok ? response : asEvents(response);
  };
}

/**
 * Streams that go on after a lost connection, a restarted server and an expired token, from the last event on. Each
 * connection asks for the token anew.
 */
export function subscriptionLinks(options: SubscriptionOptions): TRPCLink<AppRouter>[] {
  return [
    retryLink({
      // The token that a stream began with has expired. One that is refused from the start stays refused.
      retry: ({ op, error }) => isPegError(error, "API_AUTHENTICATION_ERROR") && op.context[TAKEN] === true,
    }),
    httpSubscriptionLink({
      url: options.url,
      transformer: options.transformer,
      EventSource,
      eventSourceOptions: ({ op }) => ({ fetch: fetchStream(options, op) }),
    }),
  ];
}
