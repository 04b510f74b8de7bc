import { type Context, Hono } from "hono";
import { tell } from "../contract/translate.js";
import { encodingFor } from "./content-encoding.js";
import { type DashboardFile, readDashboard } from "./dashboard-files.js";
import type { AppEnv } from "./refuse.js";
import { entityTag, isHeldBy } from "./rest/entity-tag.js";

/** What the page finds its own way about. */
const PAGES = ["/", "/index.html", "/upload", "/analyses/*"];

/** Everything comes from here, and nothing from anywhere else. Workers obey what their own file says. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const CACHED_FOR_EVER = "public, max-age=31536000, immutable";

async function sendFile(c: Context<AppEnv>, file: DashboardFile): Promise<Response> {
  const { type, tag, hashed, compressible } = file;
  const headers: Record<string, string> = {
    etag: entityTag(tag),
    "cache-control": hashed ? CACHED_FOR_EVER : "no-cache",
    "content-security-policy": POLICY,
    ...(compressible ? { vary: "accept-encoding" } : {}),
  };
  if (isHeldBy(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  const encoding = compressible ? encodingFor(c.req.header("accept-encoding")) : "identity";
  const body = await file.encoded(encoding);
  headers["content-type"] = type;
  headers["content-length"] = String(body.byteLength);
  if (encoding !== "identity") headers["content-encoding"] = encoding;
  return c.body(body, 200, headers);
}

/** The page from its build, which is read when first asked for. */
export function dashboardRoutes(folder: URL): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  let reading: ReturnType<typeof readDashboard> | undefined;
  async function readFiles() {
    reading ??= readDashboard(folder);
    const files = await reading.catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    // It may be built while the server runs.
    if (!files) reading = undefined;
    return files;
  }

  for (const path of PAGES) {
    routes.get(path, async (c) => {
      const page = (await readFiles())?.get("index.html");
      if (page) return sendFile(c, page);
      const { language } = c.var;
      const words = "The page is not built yet. Run `npm run build`, then load this address again.";
      return c.text(`${tell(words, language)}\n`, 503, {
        "content-language": language,
        vary: "accept-language",
      });
    });
  }
  routes.get("/assets/*", async (c) => {
    const file = (await readFiles())?.get(c.req.path.slice(1));
    return file ? sendFile(c, file) : c.notFound();
  });
  return routes;
}
