import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES } from "../contract/analysis.js";
import { jsonOnly, limitBody } from "./body-rules.js";
import { refuseCrossSite } from "./cross-site.js";
import { healthRoutes, type Probe } from "./health.js";
import { languageOf } from "./language.js";
import { openApiRoutes } from "./openapi/openapi-routes.js";
import { type AppEnv, refuse } from "./refuse.js";
import { restRoutes } from "./rest/rest-app.js";
import { REST_ROUTES } from "./rest/routes.js";
import { secure } from "./security-headers.js";
import { serveTrpc, TRPC_ENDPOINT } from "./trpc.js";

export interface AppOptions {
  services: AppEnv["Variables"]["services"];
  /** Exact origins that a browser may call from. */
  corsOrigins: readonly string[];
  /** What `/readyz` looks at, by name. */
  probes: Record<string, Probe>;
  /** Whether this process serves for the last time, before it stops. */
  isDraining(): boolean;
  /** Of this program. */
  version: string;
}

/** What a caller may choose as the id of a request: it goes into headers and logs. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** Of tRPC's calls; the other face has its own. */
const WITH_RAW_DATA = new Set(
  REST_ROUTES.filter(({ withRawData }) => withRawData).map(
    ({ procedure }) => `${TRPC_ENDPOINT}/${procedure}`,
  ),
);

const TRPC_METHODS = ["GET", "HEAD", "POST"];

/** What a browser may read of an answer to a listed origin. */
const EXPOSED = ["etag", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];

/** The HTTP face: everything but the port it listens on. */
export function createApp({ services, corsOrigins, probes, isDraining, version }: AppOptions): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.use(async (c, next) => {
    const given = c.req.header("x-request-id") ?? "";
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    c.set("services", services);
    c.set("requestId", requestId);
    c.set("language", languageOf(c));
    await next();
    // On the response itself: `c.header` would build a new one each time, and copy its body.
    secure(c.res.headers);
    c.res.headers.set("x-request-id", requestId);
  });
  if (corsOrigins.length) {
    app.use(
      cors({
        origin: [...corsOrigins],
        allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        allowHeaders: [
          "authorization",
          "content-type",
          "if-none-match",
          "last-event-id",
          "trpc-accept",
          "x-request-id",
        ],
        exposeHeaders: EXPOSED,
        maxAge: 600,
      }),
    );
  }

  app.use(refuseCrossSite(corsOrigins));

  app.route("/", healthRoutes(probes, isDraining));

  app.use(`${TRPC_ENDPOINT}/*`, async (c, next) => {
    if (TRPC_METHODS.includes(c.req.method)) return next();
    c.header("allow", TRPC_METHODS.join(", "));
    return refuse(c, "API_VALIDATION_ERROR", "Queries are asked with GET, mutations with POST.", 405);
  });
  // Before tRPC: it would hand form data and octet streams to a mutation as they are.
  app.use(`${TRPC_ENDPOINT}/*`, jsonOnly);
  const [large, small] = [limitBody(MAX_BODY_BYTES), limitBody(MAX_SMALL_BODY_BYTES)];
  app.use(`${TRPC_ENDPOINT}/*`, (c, next) =>
    WITH_RAW_DATA.has(c.req.path) ? large(c, next) : small(c, next),
  );
  app.all(`${TRPC_ENDPOINT}/*`, serveTrpc);
  app.route("/", restRoutes());
  app.route("/", openApiRoutes(version));

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
