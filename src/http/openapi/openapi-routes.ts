import { type Context, Hono } from "hono";
import { encodedOnce, encodingFor } from "../content-encoding.js";
import type { AppEnv } from "../refuse.js";
import { openApiDocument } from "./document.js";
import { referencePage } from "./reference-page.js";
import { REFERENCE_STYLE } from "./reference-style.js";

/** Neither is private, and both stay as they are until the next version. */
const CACHE_CONTROL = "public, max-age=300";
const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A text that anyone may have, with the headers that are its own. */
function createText(text: string, headers: Readonly<Record<string, string>>) {
  const encoded = encodedOnce(new Uint8Array(Buffer.from(text)));
  return async (c: Context<AppEnv>): Promise<Response> => {
    const encoding = encodingFor(c.req.header("accept-encoding"));
    const body = await encoded(encoding);
    return c.body(body, 200, {
      ...headers,
      "cache-control": CACHE_CONTROL,
      vary: "accept-encoding",
      "content-length": String(body.byteLength),
      ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
    });
  };
}

/** Makes all texts of one version. */
function createTexts(version: string) {
  const document = openApiDocument(version);
  return {
    document: createText(JSON.stringify(document), { "content-type": "application/json" }),
    page: createText(String(referencePage(document)), {
      "content-type": "text/html; charset=UTF-8",
      "content-security-policy": PAGE_POLICY,
    }),
    style: createText(REFERENCE_STYLE, { "content-type": "text/css" }),
  };
}

/** The REST face described: for programs at `/openapi.json`, for people at `/docs`. */
export function openApiRoutes(version: string): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  // Made when first asked for: a start, and every worker's, would wait for it.
  let made: ReturnType<typeof createTexts> | undefined;
  const texts = () => {
    made ??= createTexts(version);
    return made;
  };
  routes.get("/openapi.json", (c) => texts().document(c));
  routes.get("/docs", (c) => texts().page(c));
  routes.get("/docs/style.css", (c) => texts().style(c));
  return routes;
}
