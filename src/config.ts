import { createPublicKey, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { BUNDLED_ALGORITHM_VERSIONS } from "./contract/mcp-protocol.js";
import { algorithmsOf, KEY_RULE } from "./contract/token-keys.js";

/** What a variable may be, what it is where unset, and what it means: the one list of settings. */
const count = (min: number, max: number) => {
  const told = `must be a number from ${min} to ${max}`;
  return z.coerce.number(told).int(told).min(min, told).max(max, told);
};
const port = count(0, 65_535);
const oneOf = <const T extends string>(...values: T[]) =>
  z.enum(values, `must be one of ${values.join(", ")}`);
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that begins with ${protocols.map((name) => `${name}//`).join(" or ")}`,
    );
/** Of an address to which paths are added. */
const isBare = ({ username, password, search, hash }: URL) => !(username || password || search || hash);
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

/** `10.0.0.0/8`, `::1` */
function isAddressRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  if (!family || more.length) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const share = z.coerce
  .number("must be a number from 0 to 1")
  .min(0, "must be a number from 0 to 1")
  .max(1, "must be a number from 0 to 1");

/** `name=value,...`, values percent-encoded, as OpenTelemetry writes them. */
const otlpHeaders = z.string().transform((text, context) => {
  const pairs = text
    .split(",")
    .filter((pair) => pair.trim())
    .map((pair) => pair.split("="));
  try {
    return Object.fromEntries(
      pairs.map(([name = "", ...value]) => {
        if (!/^[A-Za-z0-9-]+$/.test(name.trim()) || !value.length) throw new URIError("no pair");
        return [name.trim(), decodeURIComponent(value.join("=").trim())];
      }),
    );
  } catch {
    context.addIssue({ code: "custom", message: "must be name=value,... with percent-encoded values" });
    return {};
  }
});

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10/1m`: at most 10 calls in any minute. */
const rate = z
  .string()
  .regex(
    /^[1-9]\d{0,5}\/[1-9]\d{0,3}[smhd]$/,
    "must look like 10/1m: calls, a slash, a number and s, m, h or d",
  )
  .transform((text) => {
    const [calls = "", span = ""] = text.split("/");
    return { limit: Number(calls), windowMs: Number(span.slice(0, -1)) * (UNITS[span.slice(-1)] ?? 0) };
  });

const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(",").map((part) => {
    const [kid = "", secret = "", ...more] = part.trim().split(":");
    // Buffer passes over what is no base64, so that a mistyped key would be another key.
    const whole = more.length === 0 && /^[A-Za-z0-9_+/-]{43}=?$/.test(secret);
    return { kid, secret: new Uint8Array(whole ? Buffer.from(secret, "base64url") : []) };
  });
  const fits = keys.every(({ kid, secret }) => /^[A-Za-z0-9_-]{1,64}$/.test(kid) && secret.length === 32);
  if (!fits) {
    context.addIssue({ code: "custom", message: "must be kid:key,... with keys of 32 bytes in base64url" });
  } else if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    context.addIssue({ code: "custom", message: "must not name a key id twice" });
  }
  return keys;
});

function readPublicKey(pem: string): KeyObject | undefined {
  // Of a private key node would make the public one; it has no business here.
  if (pem.includes("PRIVATE KEY")) return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

const publicKey = z
  .string()
  // A file of settings holds the key on one line, with \n for its line ends.
  .transform((text) => text.replaceAll("\\n", "\n"))
  .superRefine((pem, context) => {
    const key = readPublicKey(pem);
    if (!key) context.addIssue({ code: "custom", message: "must be a public key in PEM form" });
    else if (!algorithmsOf(key).length) context.addIssue({ code: "custom", message: KEY_RULE });
  });

const settings = z.object({
  NODE_ENV: z.string().default("development"),
  HOST: z.string().default("127.0.0.1"),
  PORT: port.default(3000),
  DATA_DIR: z.string().default(".data"),
  DATABASE_URL: url("postgres:", "postgresql:").optional(),
  DATABASE_LISTEN_URL: url("postgres:", "postgresql:").optional(),
  UPSTASH_REDIS_REST_URL: url("https:", "http:").optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().optional(),
  REDIS_URL: url("redis:", "rediss:").optional(),
  MCP_URL: url("https:", "http:")
    .refine(
      (text) => !URL.canParse(text) || isBare(new URL(text)),
      "must be without user, query and fragment: a token goes into MCP_TOKEN",
    )
    .optional(),
  MCP_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
    .optional(),
  /** Which method the analysis service is asked for. */
  ALGORITHM_VERSION: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,50}$/, "must be 1 to 50 of the characters A-Z a-z 0-9 . _ -")
    .optional(),
  MCP_TIMEOUT_MS: count(1, 3_600_000).default(30_000),
  MCP_RETRIES: count(0, 10).default(3),
  MCP_RETRY_BASE_MS: count(1, 60_000).default(1000),
  MCP_MAX_CONNECTIONS: count(1, 10_000).default(100),
  JWT_JWKS_URL: url("https:", "http:").optional(),
  JWT_PUBLIC_KEY: publicKey.optional(),
  JWT_SECRET: z
    .string()
    .refine((text) => Buffer.byteLength(text) >= 32, "must have at least 32 bytes")
    .optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  ENCRYPTION_KEYS: encryptionKeys.optional(),
  RATE_LIMIT_GET: rate.prefault("10/1m"),
  RATE_LIMIT_STATUS: rate.prefault("60/1m"),
  RATE_LIMIT_ALL: rate.prefault("1000/1h"),
  /** Of calls without a valid token, from one address. */
  RATE_LIMIT_UNAUTHENTICATED: rate.prefault("600/1m"),
  /** Who may say for whom a request comes. */
  TRUSTED_PROXIES: list
    .refine((ranges) => ranges.every(isAddressRange), {
      message: "must be addresses or CIDR ranges, like 10.0.0.0/8, separated by commas",
    })
    .prefault(""),
  GET_DEADLINE_MS: count(1, 3_600_000).default(25_000),
  /** How long a connection may be idle. Clients are told, so that none sends a request as it ends. */
  KEEP_ALIVE_MS: count(1000, 300_000).default(5000),
  /** How long a server that stops goes on serving after /readyz has said so. */
  DRAIN_MS: count(0, 300_000).default(0),
  WORKER: oneOf("inline", "none").default("inline"),
  /** How many processes share the port. */
  WEB_CONCURRENCY: count(1, 64).default(1),
  CORS_ORIGINS: list
    .refine(
      (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      {
        message: "must be exact origins, like https://dashboard.example.com, separated by commas",
      },
    )
    .prefault(""),
  METRICS_TOKEN: z
    .string()
    .regex(/^[^\s,]{16,}$/, "must have at least 16 characters, and no spaces or commas")
    .optional(),
  METRICS_PORT: port.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url("https:", "http:").optional(),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders.prefault(""),
  OTEL_SERVICE_NAME: z.string().max(255).default("peg-comparison-bff"),
  /** The share of all traces that is kept. */
  OTEL_TRACES_SAMPLER_ARG: share.default(1),
  LOG_FILE: z.string().optional(),
  LOG_FILE_MAX_MB: count(1, 100_000).default(100),
  LOG_FILE_KEEP: count(1, 1000).default(10),
  LOG_USER_IDS: oneOf("pseudonym", "plain", "none").default("pseudonym"),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent").default("info"),
});

type Settings = z.infer<typeof settings>;

export type Config = Settings & { production: boolean };

/** Settings that cannot be used, all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
  }
}

/**
 * Rules between settings.
 *
 * @param config what is right by itself; the rest is as if it were not given
 * @param env what is given, right or wrong
 */
function conflicts(config: Config, env: Record<string, string | undefined>): string[] {
  const problems: string[] = [];
  const given = (...names: (keyof Settings)[]) => names.filter((name) => env[name]);
  const tokenKeys = given("JWT_JWKS_URL", "JWT_PUBLIC_KEY", "JWT_SECRET");
  if (tokenKeys.length > 1) problems.push(`${tokenKeys.join(" and ")}: set one of them, not several`);
  if (given("REDIS_URL", "UPSTASH_REDIS_REST_URL").length > 1) {
    problems.push("REDIS_URL and UPSTASH_REDIS_REST_URL: set one of them, not both");
  }
  if (given("UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN").length === 1) {
    problems.push("UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN: set both or none");
  }
  const { ALGORITHM_VERSION: version } = config;
  if (version !== undefined && !given("MCP_URL").length && !BUNDLED_ALGORITHM_VERSIONS.includes(version)) {
    problems.push(
      `ALGORITHM_VERSION: must be one of ${BUNDLED_ALGORITHM_VERSIONS.join(", ")}, which the bundled analysis service knows, or set MCP_URL`,
    );
  }
  if (given("DATABASE_LISTEN_URL").length && !given("DATABASE_URL").length) {
    problems.push("DATABASE_LISTEN_URL: set DATABASE_URL as well");
  }
  if (config.WORKER === "none" && !given("DATABASE_URL").length) {
    problems.push(
      "WORKER: none needs DATABASE_URL; the embedded database has no other process to work for it",
    );
  }
  if (config.WEB_CONCURRENCY > 1) {
    if (!given("DATABASE_URL").length)
      problems.push(
        "WEB_CONCURRENCY: more than 1 needs DATABASE_URL; the embedded database belongs to one process",
      );
    if (given("LOG_FILE").length)
      problems.push(
        "LOG_FILE: is written by one process; with WEB_CONCURRENCY let what starts them keep standard error",
      );
  }
  if (config.production) {
    if (!tokenKeys.length)
      problems.push("JWT_JWKS_URL, JWT_PUBLIC_KEY or JWT_SECRET: one is required in production");
    for (const name of ["JWT_ISSUER", "JWT_AUDIENCE", "ENCRYPTION_KEYS"] as const) {
      if (!given(name).length) problems.push(`${name}: required in production`);
    }
  }
  return problems;
}

/**
 * Reads the settings out of an environment. Pure: what is given decides, nothing else.
 *
 * @throws ConfigError listing every problem
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  // An empty variable is an unset one, as in a file copied from .env.example.
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = settings.safeParse(present);
  const problems = parsed.success
    ? []
    : [...new Set(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`))];
  // Without what is wrong by itself, which would hide all else that is wrong.
  const wrong = new Set(parsed.error?.issues.map(({ path: [name] }) => name));
  const right = Object.fromEntries(Object.entries(present).filter(([name]) => !wrong.has(name)));
  const config = { ...(parsed.data ?? settings.parse(right)), production: present.NODE_ENV === "production" };
  problems.push(...conflicts(config, present));
  if (problems.length) throw new ConfigError(problems);
  return config;
}
