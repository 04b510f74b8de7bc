import { Hono } from "hono";
import { healthRoutes, type Probe } from "./health.js";
import { type MetricsOptions, metricsRoutes } from "./metrics.js";
import { type AppEnv, refuse } from "./refuse.js";
import { countAs, openRequests } from "./request-context.js";

/** Health and metrics on a port of their own: for workers, which have no other, and for networks apart. */
export function createOperationsApp(options: {
  services: AppEnv["Variables"]["services"];
  probes: Record<string, Probe>;
  isDraining(): boolean;
  metrics: MetricsOptions;
}): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(openRequests(options.services), countAs(undefined));
  app.route("/", healthRoutes(options.probes, options.isDraining));
  app.route("/", metricsRoutes(options.metrics));
  app.notFound((c) => refuse(c, "API_VALIDATION_ERROR", "There is nothing at this address.", 404));
  return app;
}
