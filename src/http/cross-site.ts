import { createMiddleware } from "hono/factory";
import { type AppEnv, refuse } from "./refuse.js";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a page of another site sends to change something, unless its origin is listed. Tokens alone
 * authenticate, and no page has those of another; this is the second lock.
 */
export function refuseCrossSite(origins: readonly string[]) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const origin = c.req.header("origin");
    if (SAFE.has(c.req.method) || (origin !== undefined && origins.includes(origin))) return next();
    if (isOurs(origin, c.req.header("sec-fetch-site"), c.req.header("host"))) return next();
    return refuse(c, "PERMISSION_DENIED", "Pages of this origin may not call here. Add it to CORS_ORIGINS.");
  });
}

/** A browser says itself whether a page is ours; older ones only say where it is from, and scripts say nothing. */
function isOurs(origin: string | undefined, site: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === "same-origin" || (site === "none" && origin === undefined);
  if (origin === undefined) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host;
}
