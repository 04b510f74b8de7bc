import type { Context } from "hono";
import { createCallContext } from "../../trpc/context.js";
import { bearerToken } from "../bearer-token.js";
import { sendPlain } from "../plain-answer.js";
import type { AppEnv } from "../refuse.js";
import { sizeOf } from "../request-size.js";
import { answerRoute, routeCalls } from "./answer-route.js";
import { serveEvents } from "./events.js";
import { addressOf, type RestRequest } from "./read-input.js";
import type { RestRoute } from "./routes.js";

function targetOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("//") + 2));
}

/** Serves a procedure at its address, by the same call that tRPC makes. */
export function serveRoute(route: RestRoute): (c: Context<AppEnv>) => Promise<Response> {
  const makerOf = routeCalls(route);
  return async (c) => {
    const { services, requestId, language, clientAddress } = c.var;
    const ctx = createCallContext({
      services,
      requestId,
      language,
      token: bearerToken(c.req.header("authorization")),
      from: clientAddress,
      streamed: false,
      requestSize: sizeOf(c.req.raw),
      tally: undefined,
    });
    const request: RestRequest = {
      path: c.req.path,
      header: (name) => c.req.header(name),
      readText: () => c.req.raw.text(),
      signal: c.req.raw.signal,
    };
    const routed = makerOf(addressOf(targetOf(c.req.url)))?.(request, ctx);
    if (!routed) return c.notFound();
    if (route.streamed) return serveEvents(c, routed.call);
    return sendPlain(c, await answerRoute(route, request, routed));
  };
}
