import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import { bearerToken } from "./bearer-token.js";
import { type AppEnv, refuse } from "./refuse.js";
import { countAs } from "./request-context.js";

export interface MetricsOptions {
  /** Everything in Prometheus's text format. */
  read(): Promise<{ contentType: string; text: string }>;
  /** What readers have to bring. Without one only readers on this machine are answered. */
  token: string | undefined;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");
/** Set by proxies, which may stand on this machine before all the world. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** `/metrics`, for those who may. */
export function metricsRoutes({ read, token }: MetricsOptions): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get("/metrics", countAs(undefined), async (c) => {
    if (token === undefined && !isFromHere(c))
      return refuse(
        c,
        "PERMISSION_DENIED",
        "Metrics are told on this machine only. Set METRICS_TOKEN to read them from another one.",
      );
    if (token !== undefined && !isSame(bearerToken(c.req.header("authorization")), token)) {
      c.header("www-authenticate", "Bearer");
      return refuse(
        c,
        "API_AUTHENTICATION_ERROR",
        "A valid token is needed: send it as Authorization: Bearer TOKEN.",
      );
    }
    const { contentType, text } = await read();
    return c.body(text, 200, { "content-type": contentType });
  });
  return routes;
}

function isFromHere(c: Context): boolean {
  if (FORWARDED.some((name) => c.req.header(name) !== undefined)) return false;
  // Without a socket, as in tests of the app alone, nobody knows from where.
  const address = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
  const family = isIP(address ?? "");
  return family !== 0 && LOOPBACK.check(address as string, family === 6 ? "ipv6" : "ipv4");
}

/** In a time that tells nothing of how much of it is right. */
function isSame(given: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}
