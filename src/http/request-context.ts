import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { ClientAddress } from "./client-address.js";
import { languageOf } from "./language.js";
import type { AppEnv } from "./refuse.js";
import { secure } from "./security-headers.js";

/** What a caller may choose as the id of a request: it goes into headers and logs. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The id of a request: the caller's, or a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Gives each request its id and its language, each answer its careful headers, and counts both together. */
export function openRequests(
  services: AppEnv["Variables"]["services"],
  addressOf: ClientAddress = () => undefined,
) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    const requestId = requestIdOf(c.req.header("x-request-id"));
    c.set("services", services);
    c.set("requestId", requestId);
    c.set("language", languageOf(c.req.header("accept-language")));
    c.set("clientAddress", () => addressOf((c.env as Partial<HttpBindings> | undefined)?.incoming));
    c.set("endpoint", "unknown");
    await (services.tracing.on ? traced(c, next) : next());
    // On the response itself: `c.header` would build a new one each time, and copy its body.
    secure(c.res.headers);
    c.res.headers.set("x-request-id", requestId);
    const { endpoint } = c.var;
    if (endpoint !== undefined) {
      services.metrics.request(c.req.method, endpoint, c.res.status, (performance.now() - start) / 1000);
    }
  });
}

/** The same within a span, which goes on with the caller's. */
function traced(c: Context<AppEnv>, next: Next): Promise<void> {
  const { tracing } = c.var.services;
  return tracing.continue(c.req.header("traceparent"), () =>
    tracing.span("request", { "http.request.method": c.req.method }, async (span) => {
      await next();
      span.set({ "http.route": c.var.endpoint ?? "calls", "http.response.status_code": c.res.status });
    }),
  );
}

/** Says what a request is counted as; undefined for one that is not counted, or was already. */
export function countAs(endpoint: string | undefined) {
  return createMiddleware<AppEnv>((c, next) => {
    c.set("endpoint", endpoint);
    return next();
  });
}
