import type { Language } from "../contract/words.js";
import type { Actor, Services } from "../domain/context.js";
import type { LimitDecision } from "../domain/ports.js";

/** What one HTTP request brings to its calls: no request object, so that a test or a CLI can make one. */
export interface RequestContext {
  services: Services;
  requestId: string;
  /** Of the words in the answers. */
  language: Language;
  /** The token as it was sent, unchecked. */
  token: string | undefined;
  /** Tells where the request came from, as far as that is known. */
  from: () => string | undefined;
  /** Set where tRPC streams its answer in chunks, and encodes each as a whole. */
  streamed: boolean;
  /** Bytes that the request brought: its body, or its query. */
  requestSize: number;
  /** How many of its calls began, where each is counted by itself and not the request as a whole. */
  tally: { calls: number } | undefined;
  /** Of each call of a batch, for the headers of the answer. */
  limitDecisions: LimitDecision[];
}

/** What is learned of a call on its way, for the log. */
export interface CallRecord {
  /** The caller, as logs name them. */
  user: string | undefined;
  analysisId: string | undefined;
}

/** Whoever has shown a valid token. */
export type User = Actor & { kind: "user" };

/** The calls' context at its beginning. */
export interface CallContext extends RequestContext {
  actor: Actor;
  call: CallRecord;
}

/** The context of a request's calls. */
export function createCallContext(request: Omit<RequestContext, "limitDecisions">): CallContext {
  const { services, requestId, language, token, from, streamed, requestSize, tally } = request;
  return {
    services,
    requestId,
    language,
    token,
    from,
    streamed,
    requestSize,
    tally,
    limitDecisions: [],
    actor: ANONYMOUS,
    call: { user: undefined, analysisId: undefined },
  };
}

const ANONYMOUS: Actor = { kind: "anonymous" };
