import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES } from "../contract/analysis.js";
import { jsonOnly, limitBody } from "./body-rules.js";
import type { ClientAddress } from "./client-address.js";
import { allowOrigins } from "./cors.js";
import { refuseCrossSite } from "./cross-site.js";
import { dashboardRoutes } from "./dashboard-routes.js";
import { TRPC_ENDPOINT } from "./error-envelope.js";
import { healthRoutes, type Probe } from "./health.js";
import { type MetricsOptions, metricsRoutes } from "./metrics.js";
import { openApiRoutes } from "./openapi/openapi-routes.js";
import { type AppEnv, refuse } from "./refuse.js";
import { countAs, openRequests } from "./request-context.js";
import { restRoutes } from "./rest/rest-app.js";
import { REST_ROUTES } from "./rest/routes.js";
import { SIDE_ADDRESSES } from "./side-addresses.js";
import { serveTrpc } from "./trpc.js";

export interface AppOptions {
  services: AppEnv["Variables"]["services"];
  clientAddress: ClientAddress;
  /** Exact origins that a browser may call from. */
  corsOrigins: readonly string[];
  /** What `/readyz` looks at, by name. */
  probes: Record<string, Probe>;
  /** Absent where metrics have a port of their own. */
  metrics: MetricsOptions | undefined;
  /** Whether this process serves for the last time, before it stops. */
  isDraining(): boolean;
  /** Of this program. */
  version: string;
  /** The folder of the page's build. */
  dashboard: URL;
}

/** Of tRPC's calls; the other face has its own. */
const WITH_RAW_DATA = new Set(
  REST_ROUTES.filter(({ withRawData }) => withRawData).map(
    ({ procedure }) => `${TRPC_ENDPOINT}/${procedure}`,
  ),
);

const TRPC_METHODS = ["GET", "HEAD", "POST"];

/** The HTTP face: everything but the port it listens on. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { services, corsOrigins, probes, metrics, isDraining, version, dashboard } = options;
  const app = new Hono<AppEnv>();

  app.use(openRequests(services, options.clientAddress));
  if (corsOrigins.length) app.use(allowOrigins(corsOrigins));
  app.use(refuseCrossSite(corsOrigins));

  for (const path of SIDE_ADDRESSES) app.use(path, countAs(undefined));
  app.route("/", healthRoutes(probes, isDraining));
  if (metrics) app.route("/", metricsRoutes(metrics));

  app.use(`${TRPC_ENDPOINT}/*`, async (c, next) => {
    if (TRPC_METHODS.includes(c.req.method)) return next();
    c.header("allow", TRPC_METHODS.join(", "));
    return refuse(c, "API_VALIDATION_ERROR", "Queries are asked with GET, mutations with POST.", 405);
  });
  // Before tRPC: it would hand form data and octet streams to a mutation as they are.
  app.use(`${TRPC_ENDPOINT}/*`, jsonOnly);
  const [large, small] = [limitBody(MAX_BODY_BYTES, { inTurn: true }), limitBody(MAX_SMALL_BODY_BYTES)];
  app.use(`${TRPC_ENDPOINT}/*`, (c, next) =>
    WITH_RAW_DATA.has(c.req.path) ? large(c, next) : small(c, next),
  );
  app.all(`${TRPC_ENDPOINT}/*`, serveTrpc);
  app.route("/", restRoutes());
  app.route("/", openApiRoutes(version));
  app.route("/", dashboardRoutes(dashboard));

  app.notFound((c) => refuse(c, "API_VALIDATION_ERROR", "There is nothing at this address.", 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException)
      return refuse(c, "API_VALIDATION_ERROR", "The request cannot be read.");
    services.logger.error(
      { request_id: c.var.requestId, err: error },
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
