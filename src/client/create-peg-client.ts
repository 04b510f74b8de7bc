import { createTRPCClient, httpBatchLink, httpLink, splitLink, type TRPCClient } from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import superjson from "superjson";
import { MAX_BATCH_SIZE } from "../contract/limits.js";
import type { PegRouter } from "./peg-router.js";
import { retryQueries } from "./retry-queries.js";
import { subscriptionLinks } from "./subscriptions.js";

/** Below the 16 KiB that servers take of a request's head, with room for a token. */
const MAX_URL_LENGTH = 6_000;

/** What may have to be computed before it is answered. */
const COMPARED = new Set(["pegComparison.get", "pegComparison.summary"]);

/**
 * JSON has no NaN and no Infinity, and would write null, which is a measurement that is missing. As text they are
 * refused, by the name of their field. What holds none comes back as it is, uncopied.
 */
function nameNonFinite(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  // By index, since the keys of half a million rows would be half a million texts.
  if (Array.isArray(value))
    return value.some((item) => nameNonFinite(item) !== item) ? value.map(nameNonFinite) : value;
  let copy: Record<string, unknown> | undefined;
  for (const [key, before] of Object.entries(value)) {
    const after = nameNonFinite(before);
    if (after === before) continue;
    copy ??= { ...value };
    copy[key] = after;
  }
  return copy ?? value;
}

/** Inputs go as plain JSON, which writes dates as ISO text: superjson would walk and annotate every row. */
const transformer: TRPCCombinedDataTransformer = {
  input: { serialize: (value) => ({ json: nameNonFinite(value) }), deserialize: (value) => value },
  output: superjson,
};

/**
 * How to reach a backend, and as whom.
 *
 * @example
 * const options: PegClientOptions = {
 *   url: "https://peg.example.com",
 *   token: async () => (session.expiresSoon ? await session.renew() : session.token),
 * };
 */
export interface PegClientOptions {
  /** Where the backend listens, without a path: `https://peg.example.com`. */
  url: string;
  /** The caller's token, or what gives one whenever a request is sent, so that it may be renewed meanwhile. */
  token: string | (() => string | Promise<string>);
  /**
   * Of the words in errors, as in `Accept-Language`: `ko`, or what gives it whenever a request is sent; else as the
   * browser says, or English.
   */
  language?: string | (() => string) | undefined;
  /** Another fetch than the global one. */
  fetch?: typeof globalThis.fetch | undefined;
}

/**
 * All that a backend does, with the types of what goes in and what comes out.
 *
 * @example
 * type Comparison = Awaited<ReturnType<PegClient["pegComparison"]["get"]["query"]>>;
 * const isThere = (comparison: Comparison) => comparison.status === "COMPLETED";
 *
 * @example
 * async function trendOf(peg: PegClient, id: string) {
 *   const { data } = await peg.pegComparison.summary.query({ id });
 *   return data.summary.overall_trend;
 * }
 */
export type PegClient = TRPCClient<PegRouter>;

/**
 * Connects to a PEG comparison backend, from a browser or from Node. Queries of one tick go as one request,
 * those of `pegComparison.get` and `summary` as one of their own. They are asked again, at most twice and after short pauses, where the
 * backend cannot be reached or is away for a moment. Mutations are sent once.
 *
 * @example
 * const peg = createPegClient({ url: "https://peg.example.com", token: () => session.token });
 * const answer = await peg.pegComparison.get.query({ id: "result_123" });
 * if (answer.status === "COMPLETED") console.log(answer.data.summary.overall_trend);
 *
 * @example
 * const watched = peg.pegComparison.watch.subscribe({ id: "result_123" }, {
 *   onData: ({ data }) => console.log(data.status, data.progress),
 *   onComplete: () => console.log("the comparison is there, or failed"),
 *   onError: console.error,
 * });
 * watched.unsubscribe();
 */
export function createPegClient({ url, token, language, fetch }: PegClientOptions): PegClient {
  const link = {
    url: `${url.replace(/\/+$/, "")}/trpc`,
    transformer,
    ...(fetch ? { fetch } : {}),
    headers: async () => ({
      authorization: `Bearer ${typeof token === "string" ? token : await token()}`,
      ...(language === undefined
        ? {}
        : { "accept-language": typeof language === "string" ? language : language() }),
    }),
  };
  const batch = { ...link, maxItems: MAX_BATCH_SIZE, maxURLLength: MAX_URL_LENGTH };
  return createTRPCClient<PegRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: subscriptionLinks(link),
        false: splitLink({
          // Raw data is large, and what changes data should fail or succeed by itself.
          condition: ({ type }) => type === "mutation",
          true: httpLink(link),
          false: [
            ...retryQueries(),
            splitLink({
              // Large, and long in coming where they have to be computed: nothing else should wait for them.
              condition: ({ path }) => COMPARED.has(path),
              true: httpBatchLink(batch),
              false: httpBatchLink(batch),
            }),
          ],
        }),
      }),
    ],
  });
}
