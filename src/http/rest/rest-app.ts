import { type Context, Hono } from "hono";
import { MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES } from "../../contract/analysis.js";
import { jsonOnly, limitBody, noBody } from "../body-rules.js";
import { type AppEnv, refuse } from "../refuse.js";
import { countAs } from "../request-context.js";
import { REST_ROUTES } from "./routes.js";
import { serveRoute } from "./serve-route.js";

/** The procedures as plain HTTP: addresses, verbs and statuses, and nothing that the procedures do not decide. */
export function restRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  const [large, small] = [limitBody(MAX_BODY_BYTES, { inTurn: true }), limitBody(MAX_SMALL_BODY_BYTES)];
  for (const route of REST_ROUTES) {
    const limit = route.withRawData ? large : small;
    const path = honoPath(route.path);
    const count = countAs(route.path);
    if (route.rest === "body") routes.on(route.method, path, count, jsonOnly, limit, serveRoute(route));
    else routes.on(route.method, path, count, noBody, serveRoute(route));
  }
  for (const path of new Set(REST_ROUTES.map((route) => route.path))) {
    routes.all(honoPath(path), countAs(path), refuseMethod(path));
  }
  return routes;
}

/** Answers with the methods that an address takes. */
function refuseMethod(path: string) {
  const allowed = REST_ROUTES.filter((route) => route.path === path)
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .join(", ");
  return (c: Context<AppEnv>) => {
    c.header("allow", allowed);
    return refuse(c, "API_VALIDATION_ERROR", "This address does not take that method.", 405);
  };
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}
