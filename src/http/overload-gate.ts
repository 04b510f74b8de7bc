import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { ERRORS } from "../contract/errors.js";
import { errorBodyOf, overloaded } from "../trpc/errors.js";
import type { OriginHeaders } from "./cors.js";
import { envelopeOf } from "./error-envelope.js";
import { languageOf } from "./language.js";
import type { Overload } from "./overload.js";
import type { AppEnv } from "./refuse.js";
import { requestIdOf } from "./request-context.js";
import { secureList } from "./security-headers.js";
import { SIDE_ADDRESSES } from "./side-addresses.js";

/** Lets a request in, or answers it. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean;

const RETRY_AFTER_S = 1;
const REFUSAL = overloaded(RETRY_AFTER_S);
const { http: STATUS } = ERRORS[REFUSAL.code];
/** What is let in whatever there is to do: it costs little, and tells whether the process lives. */
const ALWAYS = [...SIDE_ADDRESSES, "/metrics", "/index.html"];
const ALONE = new Set(ALWAYS.map((address) => address.replace(/\/\*$/, "")));
const WITH_ALL_BELOW = ALWAYS.filter((address) => address.endsWith("/*")).map((address) =>
  address.slice(0, -1),
);
/** As they are written where nothing has to be made of them first: an address can be had in many ways. */
const PLAIN_PATH = /^\/[\w.:~%/-]*$/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

const VARY = "accept-language";
const HEADERS = secureList({
  "content-type": "application/json",
  "retry-after": String(RETRY_AFTER_S),
});

function isAlwaysLetIn(target: string): boolean {
  const queryAt = target.indexOf("?");
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  if (ALONE.has(path)) return true;
  if (!WITH_ALL_BELOW.some((start) => path.startsWith(start))) return false;
  return PLAIN_PATH.test(path) && !DOT_SEGMENT.test(path);
}

/**
 * Refuses calls while more is asked than can be answered, before anything is done for them: no token is looked at.
 * A refusal has to cost as little as can be, since there are many.
 */
export function createOverloadGate(
  { clock, logger, metrics }: Pick<AppEnv["Variables"]["services"], "clock" | "logger" | "metrics">,
  overload: Overload<Socket>,
  originHeaders: OriginHeaders,
): Gate {
  let told = false;

  function refuse(request: IncomingMessage, response: ServerResponse): void {
    metrics.requestShed();
    const { "x-request-id": givenId, "accept-language": accepted } = request.headers;
    const language = languageOf(accepted);
    const id = requestIdOf(givenId as string | undefined);
    const error = errorBodyOf(REFUSAL, id, clock.now(), language);
    const body = JSON.stringify(envelopeOf(request.url ?? "", error, STATUS));
    const { vary, ...toOrigin } = originHeaders(request.headers.origin);
    const own = ["content-language", language, "x-request-id", id, ...Object.entries(toOrigin).flat()];
    own.push("vary", vary === undefined ? VARY : `${vary}, ${VARY}`);
    const length = ["content-length", String(Buffer.byteLength(body))];
    // A body on its way is not read: nothing else can come over this connection.
    if (hasBody(request)) response.shouldKeepAlive = false;
    response.writeHead(STATUS, [...HEADERS, ...own, ...length]);
    response.end(request.method === "HEAD" ? undefined : body);
  }

  return (request, response) => {
    const { url = "", socket, method } = request;
    // A browser that is not told that it may ask never sees the refusal, nor when to come back.
    if (method === "OPTIONS") return true;
    if (isAlwaysLetIn(url)) return true;
    const enters = overload.enter(socket);
    if (overload.full !== told) {
      told = overload.full;
      if (told) logger.warn({}, "more is asked than can be answered: some requests are refused");
      else logger.info({}, "all requests are answered again");
    }
    if (enters) response.once("close", () => overload.left(socket, response.writableFinished));
    else refuse(request, response);
    return enters;
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
