import type { IncomingMessage, ServerResponse } from "node:http";
import { isIPv4 } from "node:net";
import { refusalOf } from "../trpc/answer-call.js";
import { type CallContext, createCallContext } from "../trpc/context.js";
import { bearerToken } from "./bearer-token.js";
import type { ClientAddress } from "./client-address.js";
import type { OriginHeaders } from "./cors.js";
import { TRPC_ENDPOINT } from "./error-envelope.js";
import { languageOf } from "./language.js";
import { lengthOf, type PlainAnswer } from "./plain-answer.js";
import type { AppEnv } from "./refuse.js";
import { remembered } from "./remembered.js";
import { requestIdOf } from "./request-context.js";
import { querySize } from "./request-size.js";
import { answerRoute, routeCalls } from "./rest/answer-route.js";
import { addressOf, type RestRequest } from "./rest/read-input.js";
import { REST_ROUTES } from "./rest/routes.js";
import { refusalAnswer } from "./rest/send-answer.js";
import { secureList } from "./security-headers.js";
import {
  answerPlainGet,
  type HeaderReader,
  isAmbiguous,
  isStreamed,
  type Queries,
  readAddress,
  readQueries,
} from "./trpc.js";

type Services = AppEnv["Variables"]["services"];

/** Answers a request, or leaves it alone. */
export type FastLane = (incoming: IncomingMessage, response: ServerResponse) => boolean;

/** What a request brings. */
interface Asked {
  target: string;
  header: HeaderReader;
  from(): string | undefined;
}

/** A request that is answered here. */
interface Read {
  target: string;
  ctx: CallContext;
  answer(): Promise<PlainAnswer>;
  /** What it is counted as, where its calls do not count themselves. */
  endpoint: string | undefined;
}

/** What is answered here: the reads of a dashboard. */
const PROCEDURES = new Set(["pegComparison.get", "pegComparison.summary", "pegComparison.status"]);

/** Targets and hosts that mean what they say: anything that has to be normalised first goes the ordinary road. */
const TRPC_TARGET = new RegExp(`^${TRPC_ENDPOINT}/[A-Za-z.,]+\\?[\\w%.~!*'()&=+:,-]*$`);
const COMPARISON = "/peg-comparison";
const REST_TARGET =
  /^\/api\/analysis\/results\/[\w.:-]+\/peg-comparison(\/summary|\/status)?(?:\?[\w%.~!*'()&=+:,-]*)?$/;
const DOT_SEGMENT = /\/\.\.?(?:\/|$|\?)/;
const HOST = /^([a-z0-9_.-]+)(?::(\d{1,5}))?$/;
/** Its last label begins with a letter, or it would be read as a number; `xn--` has to be decoded first. */
const NAME = /^(?!.*xn--)(?:[a-z0-9_][a-z0-9_-]*\.)*[a-z][a-z0-9_-]*$/;
const MAX_PORT = 65_535;

/** Whether nothing but a host can be meant. */
function isPlainHost(host: string): boolean {
  const [, name = "", port = "1"] = HOST.exec(host) ?? [];
  return (NAME.test(name) || isIPv4(name)) && Number(port) <= MAX_PORT;
}

/** Headers that an answer depends on. Where one stands twice, the ordinary road joins them. */
const READ = new Set([
  "host",
  "authorization",
  "accept",
  "accept-encoding",
  "accept-language",
  "if-none-match",
  "origin",
  "trpc-accept",
  "x-request-id",
]);
/** With one of these a request is more than a question. */
const UNUSUAL = new Set(["content-length", "transfer-encoding", "expect", "upgrade"]);

/** The headers that are read, by lower-case name; undefined where one stands twice or the request is unusual. */
function readHeaders(rawHeaders: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (UNUSUAL.has(name)) return undefined;
    if (!READ.has(name)) continue;
    if (headers.has(name)) return undefined;
    headers.set(name, rawHeaders[i + 1] as string);
  }
  return headers;
}

const ROUTES = new Map(
  REST_ROUTES.filter(({ procedure }) => PROCEDURES.has(procedure)).map((route) => [
    route.path.slice(route.path.lastIndexOf(COMPARISON) + COMPARISON.length),
    { route, makerOf: routeCalls(route) },
  ]),
);

/** The queries of a target, if all are answered here. */
function readTarget(target: string): Queries | undefined {
  const address = readAddress(target);
  const queries = isAmbiguous(address) ? undefined : readQueries(address);
  return queries?.calls.every(({ path }) => PROCEDURES.has(path)) ? queries : undefined;
}

/** The route at a target of REST, if it is one that is answered here. */
function readRouted(target: string) {
  const queryAt = target.indexOf("?");
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  const found = ROUTES.get(path.slice(path.lastIndexOf(COMPARISON) + COMPARISON.length));
  const make = found?.makerOf(addressOf(target));
  return found && make && { route: found.route, path, make };
}

/**
 * A shorter road for the reads that make up nearly all of the load: the same functions answer them, without the
 * objects that a web framework makes of each request. Whatever is not plainly such a read is left to the app.
 */
export function createFastLane(
  services: Services,
  originHeaders: OriginHeaders,
  clientAddress: ClientAddress = () => undefined,
): FastLane {
  function contextOf({ target, header, from }: Asked, tally: { calls: number } | undefined) {
    return createCallContext({
      services,
      requestId: requestIdOf(header("x-request-id")),
      language: languageOf(header("accept-language")),
      token: bearerToken(header("authorization")),
      from,
      streamed: false,
      requestSize: querySize(target),
      tally,
    });
  }

  function trpcRead(asked: Asked): Read | undefined {
    const { target, header } = asked;
    if (isStreamed(header)) return undefined;
    const queries = queriesOf(target);
    if (!queries) return undefined;
    const ctx = contextOf(asked, { calls: 0 });
    return {
      target,
      ctx,
      answer: () => answerPlainGet(queries, ctx, header("accept-encoding")),
      endpoint: undefined,
    };
  }

  function restRead(asked: Asked): Read | undefined {
    const { target, header } = asked;
    const routed = routedOf(target);
    if (!routed) return undefined;
    const { route, path, make } = routed;
    const request: RestRequest = { path, header, readText: async () => "" };
    const ctx = contextOf(asked, undefined);
    const answer = () => answerRoute(route, request, make(request, ctx));
    return { target, ctx, answer, endpoint: route.path };
  }

  const queriesOf = remembered(readTarget);
  const routedOf = remembered(readRouted);

  async function answer(
    { target, ctx, answer, endpoint }: Read,
    added: Readonly<Record<string, string>>,
    response: ServerResponse,
  ): Promise<void> {
    const start = performance.now();
    const { requestId } = ctx;
    const plain = await answer().catch((error: unknown) => {
      services.logger.error(
        { request_id: requestId, err: error },
        "a request failed outside of any procedure",
      );
      return refusalAnswer(refusalOf({ ctx }, error), target);
    });
    send(response, plain, added, requestId);
    if (endpoint === undefined) return;
    services.metrics.request("GET", endpoint, plain.status, (performance.now() - start) / 1000);
  }

  return (incoming, response) => {
    const { method, url: target = "" } = incoming;
    if (method !== "GET" || services.tracing.on || DOT_SEGMENT.test(target)) return false;
    const headers = readHeaders(incoming.rawHeaders);
    if (!headers || !isPlainHost(headers.get("host") ?? "")) return false;
    const header = (name: string) => headers.get(name.toLowerCase());
    const asked: Asked = { target, header, from: () => clientAddress(incoming) };
    const read = TRPC_TARGET.test(target)
      ? trpcRead(asked)
      : REST_TARGET.test(target)
        ? restRead(asked)
        : undefined;
    if (!read) return false;
    answer(read, originHeaders(headers.get("origin")), response).catch((error: unknown) => {
      services.logger.error({ request_id: read.ctx.requestId, err: error }, "an answer could not be sent");
      response.destroy();
    });
    return true;
  };
}

function send(
  response: ServerResponse,
  { status, headers, body }: PlainAnswer,
  added: Readonly<Record<string, string>>,
  requestId: string,
): void {
  // The one header that both may have.
  if (headers.vary !== undefined && added.vary !== undefined) headers.vary = `${headers.vary}, ${added.vary}`;
  const list = secureList(headers);
  for (const name in added) if (headers[name] === undefined) list.push(name, added[name] as string);
  list.push("x-request-id", requestId);
  if (body !== null) list.push("content-length", String(lengthOf(body)));
  response.writeHead(status, list);
  // The last part with the end: one write less.
  const last = body?.at(-1);
  for (const part of body?.slice(0, -1) ?? []) response.write(part);
  if (last === undefined) response.end();
  else response.end(last);
}
