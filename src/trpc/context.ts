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
  /** Set where tRPC streams its answer in chunks, and encodes each as a whole. */
  streamed: boolean;
  /** Of each call of a batch, for the headers of the answer. */
  limitDecisions: LimitDecision[];
}

/** The calls' context at its beginning. */
export interface CallContext extends RequestContext {
  actor: Actor;
}

/** The context of a request's calls. */
export function createCallContext(request: Omit<RequestContext, "limitDecisions">): CallContext {
  return { ...request, limitDecisions: [], actor: { kind: "anonymous" } };
}
