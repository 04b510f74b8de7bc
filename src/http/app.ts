import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES } from "../contract/analysis.js";
import { fill } from "../contract/words.js";
import { healthRoutes, type Probe } from "./health.js";
import { languageOf } from "./language.js";
import { type AppEnv, refuse } from "./refuse.js";
import { serveTrpc, TRPC_ENDPOINT } from "./trpc.js";

export interface AppOptions {
  services: AppEnv["Variables"]["services"];
  /** Exact origins that a browser may call from. */
  corsOrigins: readonly string[];
  /** What `/readyz` looks at, by name. */
  probes: Record<string, Probe>;
}

/** What a caller may choose as the id of a request: it goes into headers and logs. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const JSON_TYPE = /^application\/json[ \t]*(;.*)?$/i;

/** Only these take the body of a whole analysis. */
const WITH_RAW_DATA = new Set(
  ["analysis.create", "analysis.replaceData"].map((name) => `${TRPC_ENDPOINT}/${name}`),
);

const HEADERS = {
  "cache-control": "private, no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** The HTTP face: everything but the port it listens on. */
export function createApp({ services, corsOrigins, probes }: AppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.use(async (c, next) => {
    const given = c.req.header("x-request-id") ?? "";
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    c.set("services", services);
    c.set("requestId", requestId);
    c.set("language", languageOf(c));
    await next();
    // On the response itself: `c.header` would build a new one each time, and copy its body.
    const { headers } = c.res;
    for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
    headers.set("x-request-id", requestId);
  });
  if (corsOrigins.length) {
    app.use(
      cors({
        origin: [...corsOrigins],
        allowHeaders: ["authorization", "content-type", "trpc-accept", "x-request-id"],
        exposeHeaders: ["retry-after", "x-request-id"],
      }),
    );
  }

  app.route("/", healthRoutes(probes));

  // Before tRPC: it would hand form data and octet streams to a mutation as they are.
  app.use(`${TRPC_ENDPOINT}/*`, async (c, next) => {
    const json = c.req.method !== "POST" || JSON_TYPE.test(c.req.header("content-type") ?? "");
    return json ? next() : refuse(c, "API_VALIDATION_ERROR", "A body must be application/json.", 415);
  });
  const limitTo = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: (c) => {
        // The rest of the body is not read: nothing else can come over this connection.
        c.header("connection", "close");
        return refuse(
          c,
          "PAYLOAD_TOO_LARGE",
          fill("A body may have at most {bytes} bytes here.", { bytes: maxSize }),
        );
      },
    });
  const [large, small] = [limitTo(MAX_BODY_BYTES), limitTo(MAX_SMALL_BODY_BYTES)];
  app.use(`${TRPC_ENDPOINT}/*`, (c, next) => {
    // Looking for a body costs more than answering from the cache, and these have none.
    if (c.req.method === "GET" || c.req.method === "HEAD") return next();
    return WITH_RAW_DATA.has(c.req.path) ? large(c, next) : small(c, next);
  });
  app.all(`${TRPC_ENDPOINT}/*`, serveTrpc);

  app.notFound((c) => refuse(c, "API_VALIDATION_ERROR", "There is nothing at this address.", 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException)
      return refuse(c, "API_VALIDATION_ERROR", "The request cannot be read.");
    services.logger.error(
      { requestId: c.var.requestId, err: error },
      "a request failed outside of any procedure",
    );
    return refuse(
      c,
      "INTERNAL_ERROR",
      "Something went wrong on our side. Report the request_id to the operator.",
    );
  });
  return app;
}
