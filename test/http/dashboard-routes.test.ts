import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noMetrics } from "../../src/domain/metrics.js";
import { noTracing } from "../../src/domain/tracing.js";
import { createApp } from "../../src/http/app.js";
import { createHttpServer, type HttpServer } from "../../src/http/server.js";
import { sendRaw } from "../support/raw-request.js";

const INDEX = `<!doctype html><title>made up</title>${"<p>text</p>".repeat(200)}`;
const SCRIPT = `export const value = 1;${"// words, and words again\n".repeat(400)}`;
const FONT = new Uint8Array(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256));
const FOR_EVER = "public, max-age=31536000, immutable";

const root = mkdtempSync(join(tmpdir(), "peg-page-"));
const build = join(root, "dashboard");
const servers: HttpServer[] = [];

async function serve(folder: string): Promise<string> {
  const services = {
    clock: { now: () => 0 },
    metrics: noMetrics,
    tracing: noTracing,
  } as unknown as Parameters<typeof createApp>[0]["services"];
  const dashboard = pathToFileURL(`${folder}/`);
  const server = createHttpServer(
    createApp({
      services,
      clientAddress: () => undefined,
      corsOrigins: [],
      probes: {},
      metrics: undefined,
      isDraining: () => false,
      version: "0",
      dashboard,
    }),
  );
  servers.push(server);
  return (await server.listen("127.0.0.1", 0)).url;
}

let url: string;
beforeAll(async () => {
  mkdirSync(join(build, "assets"), { recursive: true });
  writeFileSync(join(root, "secret.txt"), "canary-secret");
  writeFileSync(join(build, "index.html"), INDEX);
  writeFileSync(join(build, "assets", "index-BpPTc_-H.js"), SCRIPT);
  writeFileSync(join(build, "assets", "index-aFvKSUzw.css"), "p{color:red}");
  writeFileSync(join(build, "assets", "mono-SmdYgkE2.woff2"), FONT);
  writeFileSync(join(build, "assets", "icon-SmdYgkE2.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
  writeFileSync(join(build, "assets", "unhashed.js"), "1");
  writeFileSync(join(build, "assets", "notes"), "canary: of no known type");
  symlinkSync(join(root, "secret.txt"), join(build, "assets", "link-SmdYgkE2.txt"));
  url = await serve(build);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close(async () => undefined)));
  rmSync(root, { recursive: true, force: true });
});

/** As it stands: fetch would open what is compressed. */
async function get(path: string, headers: Record<string, string> = {}, method = "GET") {
  const lines = Object.entries({ host: "x", connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return sendRaw(url, `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

describe("the page's files", () => {
  test.each([
    "/",
    "/?a=b",
    "/index.html",
    "/upload",
    "/analyses/one",
    "/analyses/one/pegs/A%20B",
    "/analyses/a.b:c",
  ])("%s is the page, which is asked for anew each time and comes from nowhere else", async (path) => {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
        "frame-ancestors 'none'",
    );
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toBe(INDEX);
  });

  test.each([
    ["index-BpPTc_-H.js", /^text\/javascript/, FOR_EVER],
    ["index-aFvKSUzw.css", /^text\/css/, FOR_EVER],
    ["mono-SmdYgkE2.woff2", /^font\/woff2$/, FOR_EVER],
    ["icon-SmdYgkE2.svg", /^image\/svg\+xml/, FOR_EVER],
    ["unhashed.js", /^text\/javascript/, "no-cache"],
  ])("%s has its type, and is kept as long as its name says", async (name, type, kept) => {
    const { status, headers } = await get(`/assets/${name}`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(type);
    expect(headers["cache-control"]).toBe(kept);
    // A worker obeys the policy that its own file comes with.
    expect(headers["content-security-policy"]).toContain("worker-src 'self'");
  });

  test("are compressed as the caller would have it, each once", async () => {
    const script = "/assets/index-BpPTc_-H.js";
    const open = { br: brotliDecompressSync, gzip: gunzipSync };
    for (const [accepted, encoding] of [
      ["gzip, deflate, br, zstd", "br"],
      ["gzip", "gzip"],
      ["br;q=0, gzip;q=0.1", "gzip"],
      ["br;q=0, *", "gzip"],
      ["*", "br"],
    ] as const) {
      const response = await get(script, { "accept-encoding": accepted });
      expect(response.headers).toMatchObject({ "content-encoding": encoding, vary: "accept-encoding" });
      expect(Number(response.headers["content-length"])).toBeLessThan(SCRIPT.length / 4);
      expect(open[encoding](Buffer.from(response.body, "latin1")).toString()).toBe(SCRIPT);
    }
    for (const accepted of ["", "identity", "deflate", "br;q=0", `${"x,".repeat(600)}br`]) {
      const { headers, body } = await get(script, { "accept-encoding": accepted });
      expect([headers["content-encoding"], headers.vary, body]).toEqual([
        undefined,
        "accept-encoding",
        SCRIPT,
      ]);
    }
  });

  test("that are small, or compressed already, go as they are", async () => {
    for (const name of ["mono-SmdYgkE2.woff2", "index-aFvKSUzw.css"]) {
      const { headers } = await get(`/assets/${name}`, { "accept-encoding": "br, gzip" });
      expect([headers["content-encoding"], headers.vary]).toEqual([undefined, undefined]);
    }
  });

  test("are not sent to whoever has them, nor as an answer to HEAD", async () => {
    for (const path of ["/", "/assets/index-BpPTc_-H.js"]) {
      const whole = await get(path, { "accept-encoding": "gzip" });
      const tag = whole.headers.etag ?? "";
      const held = await get(path, { "if-none-match": `"x", ${tag}` });
      expect([held.status, held.body, held.headers.etag]).toEqual([304, "", tag]);
      expect(held.headers["cache-control"]).toBe(whole.headers["cache-control"]);
      expect((await get(path, { "if-none-match": 'W/"x"' })).status).toBe(200);
      const head = await get(path, { "accept-encoding": "gzip" }, "HEAD");
      expect([head.status, head.body]).toEqual([200, ""]);
      for (const name of ["etag", "content-length", "content-type", "content-encoding"])
        expect(head.headers[name], name).toBe(whole.headers[name]);
    }
  });

  test.each([
    "/secret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/assets//index-BpPTc_-H.js",
    "/assets/index-BpPTc_-H.js/",
    "/assets/index-BpPTc_-H.js%00",
    "/ASSETS/index-BpPTc_-H.js",
    "/assets/link-SmdYgkE2.txt",
    "/assets/notes",
    "/assets/",
    "/assets/__proto__",
    "/uploads",
    "/analysesx",
    "/nowhere",
  ])("nothing else is there: %s", async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ success: false, error: { code: "API_VALIDATION_ERROR" } });
    expect(body).not.toContain("canary");
  });

  test.each(["POST", "PUT", "DELETE"])("are not for %s", async (method) => {
    expect((await get("/", { "content-length": "0" }, method)).status).toBe(404);
  });
});

test("without a build the address says what to do, and is the page as soon as there is one", async () => {
  const folder = join(root, "later");
  const later = await serve(folder);
  for (const path of ["/", "/analyses/one"]) {
    const response = await fetch(later + path);
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.text()).toContain("Run `npm run build`");
    const korean = await fetch(later + path, { headers: { "accept-language": "ko-KR" } });
    expect(await korean.text()).toContain("페이지가 아직 빌드되지 않았습니다");
  }
  expect((await fetch(`${later}/assets/index-BpPTc_-H.js`)).status).toBe(404);
  mkdirSync(folder);
  writeFileSync(join(folder, "index.html"), INDEX);
  expect(await (await fetch(later)).text()).toBe(INDEX);
});
