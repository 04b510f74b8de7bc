import { Hono } from "hono";
import { compress } from "hono/compress";
import type { AppEnv } from "../refuse.js";
import { openApiDocument } from "./document.js";
import { referencePage } from "./reference-page.js";
import { REFERENCE_STYLE } from "./reference-style.js";

/** Neither is private, and both stay as they are until the next version. */
const CACHE_CONTROL = "public, max-age=300";

/** The REST face described: for programs at `/openapi.json`, for people at `/docs`. */
export function openApiRoutes(version: string): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  // Made when first asked for: a start, and every worker's, would wait for it.
  let made: { body: string; page: string } | undefined;
  const make = () => {
    const document = openApiDocument(version);
    return { body: JSON.stringify(document), page: String(referencePage(document)) };
  };
  const texts = () => {
    made ??= make();
    return made;
  };
  routes.use("/openapi.json", compress());
  routes.use("/docs/*", compress());
  const headers = { "cache-control": CACHE_CONTROL, vary: "accept-encoding" };
  routes.get("/openapi.json", (c) =>
    c.body(texts().body, 200, { ...headers, "content-type": "application/json" }),
  );
  routes.get("/docs", (c) =>
    c.html(texts().page, 200, {
      ...headers,
      "content-security-policy":
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    }),
  );
  routes.get("/docs/style.css", (c) =>
    c.body(REFERENCE_STYLE, 200, { ...headers, "content-type": "text/css" }),
  );
  return routes;
}
