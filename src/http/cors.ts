import { Hono } from "hono";
import { cors } from "hono/cors";

/** What a browser may read of an answer to a listed origin. */
const EXPOSED = ["etag", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];

/** Tells browsers that pages of the listed origins may call here. */
export function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: [...origins],
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
  });
}

/** What it adds to the answer to a GET, by the origin that asks; undefined for none. */
export type OriginHeaders = (origin: string | undefined) => Readonly<Record<string, string>>;

/** Learns these headers from the middleware itself, once. */
export async function readOriginHeaders(origins: readonly string[]): Promise<OriginHeaders> {
  if (origins.length === 0) return () => ({});
  const app = new Hono().use(allowOrigins(origins)).get("/", (c) => c.body(null));
  const added = async (headers: Record<string, string>) =>
    Object.fromEntries((await app.request("/", { headers })).headers);
  const toOthers = await added({});
  const toListed = new Map<string | undefined, Record<string, string>>();
  for (const origin of origins) toListed.set(origin, await added({ origin }));
  return (origin) => toListed.get(origin) ?? toOthers;
}
