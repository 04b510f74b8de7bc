import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";

/** What the files of one layer may import; whatever is not named is refused. */
interface LayerRule {
  /** Paths below src that belong to the layer: a folder with a slash at its end, or one file. */
  layer: string;
  /** Folders and files below src. The layer's own folder is always allowed. */
  local: readonly string[] | "anything";
  /** npm packages, by name, with all their subpaths, or one subpath. */
  packages: readonly string[] | "anything";
  /** npm packages of which only types may be imported. */
  packageTypes?: readonly string[];
  /** Whether it may import modules of Node: what runs in a browser may not. */
  node: boolean;
}

/** Contract and ports, which every adapter stands between. */
const PORTS = [
  "contract/",
  "domain/ports.ts",
  "domain/errors.ts",
  "domain/metrics.ts",
  "domain/tracing.ts",
  "domain/analysis/raw-data.ts",
  "domain/comparison/computed-comparison.ts",
];

const adapter = (folder: string, ...packages: string[]): LayerRule => ({
  layer: `adapters/${folder}/`,
  local: PORTS,
  packages,
  node: true,
});

/** The table of design.md, section 3. The first rule that fits a file holds. */
export const LAYER_RULES: readonly LayerRule[] = [
  { layer: "contract/", local: [], packages: ["zod"], node: false },
  {
    layer: "client/",
    local: ["contract/"],
    // Of @trpc/server the observables, which are half of @trpc/client.
    packages: ["@trpc/client", "@trpc/server/observable", "eventsource", "superjson"],
    packageTypes: ["@trpc/server", "zod"],
    node: false,
  },
  {
    layer: "dashboard/",
    local: ["contract/", "client/"],
    packages: [
      "@base-ui/react",
      "@humanwhocodes/momoa",
      "@tanstack/react-query",
      "@tanstack/react-virtual",
      "@trpc/client",
      "@trpc/tanstack-react-query",
      "chart.js",
      "csv-parse",
      "react",
      "react-dom",
      "wouter",
    ],
    node: false,
  },
  {
    layer: "db/",
    local: ["contract/", "places.ts"],
    packages: ["drizzle-orm", "postgres", "@electric-sql/pglite"],
    node: true,
  },
  {
    layer: "domain/",
    local: ["contract/", "db/"],
    packages: ["drizzle-orm", "lru-cache", "zod"],
    node: true,
  },
  adapter("auth", "jose", "lru-cache", "undici", "zod"),
  adapter("mcp", "cockatiel", "ofetch", "undici", "zod"),
  adapter("memory", "lru-cache"),
  adapter("metrics", "prom-client"),
  adapter("queue", "pg-boss"),
  adapter("redis", "@upstash/ratelimit", "@upstash/redis", "ioredis", "lru-cache"),
  adapter(
    "tracing",
    "@opentelemetry/api",
    "@opentelemetry/exporter-trace-otlp-http",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace",
  ),
  adapter("sealing", "jose", "lru-cache"),
  {
    layer: "mcp-server/",
    local: ["contract/"],
    packages: [
      "@stdlib/stats-base-dists-beta-cdf",
      "@stdlib/stats-base-dists-beta-quantile",
      "@stdlib/stats-base-dists-t-cdf",
      "@stdlib/stats-base-dists-t-quantile",
      "jsep",
      "zod",
    ],
    node: true,
  },
  {
    layer: "trpc/",
    local: ["contract/", "domain/", "db/errors.ts"],
    packages: ["@trpc/server", "superjson", "zod"],
    node: true,
  },
  { layer: "jobs/", local: ["contract/", "domain/"], packages: ["zod"], node: true },
  {
    layer: "http/",
    local: ["contract/", "trpc/"],
    packages: ["@hono/node-server", "@trpc/server", "csv-stringify", "hono", "lru-cache", "zod"],
    node: true,
  },
  {
    layer: "cli/",
    local: [
      "contract/",
      "client/",
      "domain/",
      "mcp-server/server.ts",
      "config.ts",
      "runtime.ts",
      "keys.ts",
      "stores.ts",
      "run-server.ts",
      "address-file.ts",
      "backup.ts",
      "development-keys.ts",
      "places.ts",
      "doctor/",
    ],
    packages: ["commander", "csv-parse", "jose", "table", "zod"],
    node: true,
  },
  {
    // Looks at everything, as the runtime makes everything.
    layer: "doctor/",
    local: [
      "contract/",
      "domain/",
      "db/",
      "adapters/redis/",
      "cli/words.ts",
      "cli/describe-failure.ts",
      "jobs/compare-task.ts",
      "config.ts",
      "development-keys.ts",
      "keys.ts",
      "log-file.ts",
      "stores.ts",
    ],
    packages: [],
    node: true,
  },
  {
    layer: "config.ts",
    local: ["contract/mcp-protocol.ts", "contract/token-keys.ts"],
    packages: ["zod"],
    node: true,
  },
  { layer: "address-file.ts", local: [], packages: [], node: true },
  { layer: "development-keys.ts", local: [], packages: ["zod"], node: true },
  {
    layer: "log.ts",
    local: ["contract/", "domain/errors.ts", "domain/ports.ts", "place-of.ts"],
    packages: ["pino"],
    node: true,
  },
  { layer: "place-of.ts", local: [], packages: [], node: true },
  { layer: "places.ts", local: [], packages: [], node: true },
  { layer: "small-heap.ts", local: [], packages: [], node: true },
  // A step of the build.
  { layer: "keep-empty-cluster.ts", local: ["db/", "log.ts", "stores.ts"], packages: [], node: true },
  { layer: "log-file.ts", local: [], packages: ["rotating-file-stream"], packageTypes: ["pino"], node: true },
  ...[
    "runtime.ts",
    "keys.ts",
    "stores.ts",
    "observability.ts",
    "workers.ts",
    "run-server.ts",
    "run-servers.ts",
    "backup.ts",
    "backup-server.ts",
    "server.ts",
  ].map((layer): LayerRule => ({ layer, local: "anything", packages: "anything", node: true })),
];

/** Words that the code of a layer may not have in it. */
export const FORBIDDEN_WORDS: readonly { layer: string; words: RegExp }[] = [
  // Nonces that were guessed, or that a clock set back gives out again, would open what was sealed (E8).
  {
    layer: "adapters/sealing/",
    words: /\b(?:Math|Date|Temporal|performance|perf_hooks|hrtime|uptime|\w*clock)\b/i,
  },
];

/** One file below src. */
export interface SourceFile {
  /** Path below src, with slashes. */
  path: string;
  text: string;
}

interface Import {
  specifier: string;
  typesOnly: boolean;
}

const STATIC = /^(import|export)\s+(type\s+)?(?:([^"'`;()]*?)\s*\bfrom\s*)?(["'])([^"'\n]+)\4/gm;
const DYNAMIC = /\bimport\s*\(\s*(["'`])([^"'`$\n]+)\1\s*[,)]/g;
/** Every way to load code, more loosely: what the two above did not read is reported, not passed over. */
const LOADING =
  /\bfrom\s*["'`]|^\s*import\s*["'`]|\bimport\s*\(|\brequire\s*\(|\bcreateRequire\b|^\s*import\s+\w+\s*=/gm;
const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** @returns what a module loads, or undefined where some of it cannot be told from the text */
function importsOf(text: string): Import[] | undefined {
  const code = text.replace(COMMENTS, "");
  const found: Import[] = [];
  for (const [, , type, names = "", , specifier = ""] of code.matchAll(STATIC)) {
    const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
    const each = inner
      ?.split(",")
      .map((name) => name.trim())
      .filter(Boolean);
    const allTypes = each !== undefined && each.length > 0 && each.every((name) => name.startsWith("type "));
    found.push({ specifier, typesOnly: type !== undefined || allTypes });
  }
  for (const [, , specifier = ""] of code.matchAll(DYNAMIC)) found.push({ specifier, typesOnly: false });
  return found.length === [...code.matchAll(LOADING)].length ? found : undefined;
}

function isIn(path: string, place: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function isAllowed(file: SourceFile, { specifier, typesOnly }: Import, rule: LayerRule): boolean {
  if (specifier.startsWith("node:")) return rule.node;
  if (!specifier.startsWith(".")) {
    if (rule.packages === "anything") return true;
    const name = packageName(specifier);
    // A part of a package may be named by itself, where the rest is not for the layer.
    const named = rule.packages.includes(name) || rule.packages.includes(specifier);
    return named || (typesOnly && (rule.packageTypes ?? []).includes(name));
  }
  const target = posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, ".ts");
  if (target.startsWith("../")) return false;
  if (rule.local === "anything") return true;
  return [rule.layer, ...rule.local].some((place) => isIn(target, place));
}

/** @returns one line for each import that a wall forbids, and for each file that no rule speaks of */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const rule = LAYER_RULES.find(({ layer }) => isIn(file.path, layer));
    if (!rule) return [`${file.path} belongs to no layer`];
    const imports = importsOf(file.text);
    if (!imports) return [`${file.path} loads something that cannot be read from its text`];
    return imports
      .filter((found) => !isAllowed(file, found, rule))
      .map(({ specifier }) => `${file.path} must not import ${specifier}`);
  });
}

/** @returns one line for each file that says, outside of comments, what its layer may not */
export function findForbiddenWords(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const code = text.replace(COMMENTS, "");
    const found = FORBIDDEN_WORDS.filter(({ layer }) => isIn(path, layer)).flatMap(
      ({ words }) => words.exec(code)?.[0] ?? [],
    );
    return found.map((word) => `${path} must not say ${word}`);
  });
}

/** All TypeScript below a folder. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: relative(folder, path).split(sep).join("/"),
      text: readFileSync(path, "utf8"),
    }));
}
