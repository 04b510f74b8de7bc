import { QueryCache, QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { createPegClient, isPegError } from "../../client/index.js";
import { refuseToken, session } from "../session/session.js";
import { language } from "../words/words.js";
import { pauseAfter, shouldAskAgain } from "./asking-again.js";

/** A token that was refused is of no more use, whichever call it was refused to. */
export function signOutIfRefused(error: unknown): void {
  if (isPegError(error, "API_AUTHENTICATION_ERROR")) refuseToken();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signOutIfRefused }),
  defaultOptions: {
    queries: {
      retry: shouldAskAgain,
      retryDelay: pauseAfter,
      // Each call counts towards limits, and what changes is told by streams.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // It would hold calls back while the browser believes itself offline, which loopback does not care about.
      networkMode: "always",
    },
    mutations: { onError: signOutIfRefused, networkMode: "always" },
  },
});
// What one user may see, the next may not.
session.subscribe(() => queryClient.clear());
// What the server refused a call with was said in the language before.
language.subscribe(
  () =>
    void queryClient.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" }),
);

export const peg = createPegClient({
  url: location.origin,
  token: () => session.get()?.token ?? "",
  language: language.get,
});

export const trpc = createTRPCOptionsProxy({ client: peg, queryClient });
