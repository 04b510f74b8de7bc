import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "../src/config.js";

type Env = Record<string, string | undefined>;

const KEY = Buffer.alloc(32, 7).toString("base64url");
const SECRET = "a secret for tests, of thirty-two bytes or more";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PUBLIC_KEY = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
const PRODUCTION = {
  NODE_ENV: "production",
  JWT_SECRET: SECRET,
  JWT_ISSUER: "https://issuer.example",
  JWT_AUDIENCE: "peg",
  ENCRYPTION_KEYS: `k1:${KEY}`,
};

function problemsOf(env: Env): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings that are not given", () => {
  test("have the defaults of the design", () => {
    expect(parseConfig({})).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 3000,
      DATA_DIR: ".data",
      MCP_TIMEOUT_MS: 30_000,
      MCP_RETRIES: 3,
      MCP_RETRY_BASE_MS: 1000,
      MCP_MAX_CONNECTIONS: 100,
      RATE_LIMIT_GET: { limit: 10, windowMs: 60_000 },
      RATE_LIMIT_STATUS: { limit: 60, windowMs: 60_000 },
      RATE_LIMIT_ALL: { limit: 1000, windowMs: 3_600_000 },
      GET_DEADLINE_MS: 25_000,
      WORKER: "inline",
      RATE_LIMIT_UNAUTHENTICATED: { limit: 600, windowMs: 60_000 },
      TRUSTED_PROXIES: [],
      CORS_ORIGINS: [],
      LOG_LEVEL: "info",
      LOG_FILE_MAX_MB: 100,
      LOG_FILE_KEEP: 10,
      LOG_USER_IDS: "pseudonym",
      OTEL_EXPORTER_OTLP_HEADERS: {},
      OTEL_SERVICE_NAME: "peg-comparison-bff",
      OTEL_TRACES_SAMPLER_ARG: 1,
      production: false,
    });
  });

  test("that have no default are undefined", () => {
    const config = parseConfig({});
    for (const name of [
      "DATABASE_URL",
      "REDIS_URL",
      "MCP_URL",
      "ALGORITHM_VERSION",
      "JWT_SECRET",
      "JWT_ISSUER",
      "ENCRYPTION_KEYS",
    ] as const) {
      expect(config[name]).toBeUndefined();
    }
  });

  test("may be given as empty, as in a file copied from an example", () => {
    const names = [
      ...Object.keys(parseConfig({})),
      "DATABASE_URL",
      "REDIS_URL",
      "JWT_SECRET",
      "JWT_PUBLIC_KEY",
      "JWT_JWKS_URL",
      "ENCRYPTION_KEYS",
    ];
    const empty = Object.fromEntries(names.filter((name) => name !== "production").map((name) => [name, ""]));
    expect(parseConfig(empty)).toEqual(parseConfig({}));
  });

  test("are not looked for in the environment of the process", () => {
    const before = process.env.PORT;
    process.env.PORT = "4444";
    try {
      expect(parseConfig({}).PORT).toBe(3000);
    } finally {
      if (before === undefined) delete process.env.PORT;
      else process.env.PORT = before;
    }
  });
});

describe("settings that are given", () => {
  test("are read as what they mean", () => {
    const config = parseConfig({
      PORT: "0",
      RATE_LIMIT_GET: "5/30s",
      RATE_LIMIT_ALL: "100000/7d",
      CORS_ORIGINS: " https://a.example , http://localhost:5173,",
      ENCRYPTION_KEYS: `k2:${KEY}, k1:${Buffer.alloc(32, 1).toString("base64url")}`,
      DATABASE_URL: "postgresql://u:p@host/db",
      REDIS_URL: "rediss://host",
    });
    expect(config).toMatchObject({
      PORT: 0,
      RATE_LIMIT_GET: { limit: 5, windowMs: 30_000 },
      RATE_LIMIT_ALL: { limit: 100_000, windowMs: 604_800_000 },
      CORS_ORIGINS: ["https://a.example", "http://localhost:5173"],
    });
    expect(
      config.ENCRYPTION_KEYS?.map(({ kid, secret }) => [kid, Buffer.from(secret).toString("base64url")]),
    ).toEqual([
      ["k2", KEY],
      ["k1", Buffer.alloc(32, 1).toString("base64url")],
    ]);
  });

  test("may hold a public key on one line", () => {
    expect(parseConfig({ JWT_PUBLIC_KEY: PUBLIC_KEY.replaceAll("\n", "\\n") }).JWT_PUBLIC_KEY).toBe(
      PUBLIC_KEY,
    );
  });

  test("of other programs are left alone", () => {
    expect(problemsOf({ PATH: "/bin", SOME_OTHER: "value" })).toEqual([]);
  });
});

test("headers for a collector are taken apart as OpenTelemetry writes them", () => {
  const headersOf = (text: string) =>
    parseConfig({ OTEL_EXPORTER_OTLP_HEADERS: text }).OTEL_EXPORTER_OTLP_HEADERS;
  expect(headersOf("authorization=Basic%20a=b, x-team=radio")).toEqual({
    authorization: "Basic a=b",
    "x-team": "radio",
  });
});

describe.each([
  ["METRICS_TOKEN", ["too-short", "with a space in it, long"]],
  ["METRICS_PORT", ["70000", "x"]],
  ["LOG_FILE_MAX_MB", ["999999"]],
  ["LOG_FILE_KEEP", ["99999", "x"]],
  ["LOG_USER_IDS", ["all"]],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", ["collector:4318", "ftp://collector"]],
  ["OTEL_EXPORTER_OTLP_HEADERS", ["authorization", "a b=c", "a=%zz"]],
  ["OTEL_TRACES_SAMPLER_ARG", ["1.1", "-1", "all"]],
])("what operators see is refused where it cannot be: %s", (name, values) => {
  test.each(values)("%s", (value) => {
    const [problem, ...more] = problemsOf({ [name]: value });
    expect(more).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name}: must `));
    expect(problem).not.toContain(value);
  });
});

describe("settings that cannot be used", () => {
  const refused: [string, string][] = [
    ...["-1", "65536", "x", "1.5", "3000 ok", "NaN"].map((port): [string, string] => ["PORT", port]),
    ...["mysql://h/db", "host", "http://h"].flatMap((url): [string, string][] => [["DATABASE_URL", url]]),
    ["REDIS_URL", "http://host"],
    ["REDIS_URL", "localhost:6379"],
    ["UPSTASH_REDIS_REST_URL", "redis://host"],
    ["MCP_URL", "ftp://host"],
    ["MCP_URL", "not a url"],
    ["MCP_URL", "http://user:word@host"],
    ["MCP_URL", "http://host/?token=word"],
    ["MCP_URL", "http://host/#part"],
    ["MCP_TOKEN", "two words"],
    ["MCP_TOKEN", "tök"],
    ["ALGORITHM_VERSION", "v3 or so"],
    ["MCP_TIMEOUT_MS", "0"],
    ["MCP_TIMEOUT_MS", "1e9"],
    ["MCP_RETRIES", "-1"],
    ["MCP_RETRIES", "11"],
    ["MCP_RETRY_BASE_MS", "0"],
    ["MCP_MAX_CONNECTIONS", "0"],
    ["JWT_JWKS_URL", "file:///etc/passwd"],
    ["JWT_PUBLIC_KEY", "no key"],
    ["JWT_SECRET", "x".repeat(31)],
    ["LOG_LEVEL", "loud"],
    ...[
      "10",
      "10/m",
      "0/1m",
      "-1/1m",
      "10/0m",
      "10/1w",
      "1.5/1m",
      "10/1m/2",
      "10 / 1m",
      "1e3/1m",
      "10/1m ",
    ].map((rate): [string, string] => ["RATE_LIMIT_GET", rate]),
    ["RATE_LIMIT_STATUS", "x"],
    ["RATE_LIMIT_ALL", "x"],
    ...[
      "*",
      "null",
      "https://a.example/",
      "https://a.example/path",
      "a.example",
      "https://a.example,*",
      "HTTPS://A.EXAMPLE",
    ].map((origin): [string, string] => ["CORS_ORIGINS", origin]),
    ...[
      "10.0.0.0/33",
      "::/129",
      "10.0.0",
      "proxy",
      "10.0.0.0/8/8",
      "10.0.0.0/",
      "*",
      "0x7f.1",
      "1.2.3.4:80",
    ].map((range): [string, string] => ["TRUSTED_PROXIES", range]),
    ["WEB_CONCURRENCY", "0"],
    ["WEB_CONCURRENCY", "65"],
    ["WEB_CONCURRENCY", "2"],
    ["ENCRYPTION_KEYS", "k1"],
    ["ENCRYPTION_KEYS", "k1:"],
    ["ENCRYPTION_KEYS", ":"],
    ["ENCRYPTION_KEYS", `:${KEY}`],
    ["ENCRYPTION_KEYS", `k 1:${KEY}`],
    ["ENCRYPTION_KEYS", `${"k".repeat(65)}:${KEY}`],
    ["ENCRYPTION_KEYS", `k1:${KEY},`],
    ["ENCRYPTION_KEYS", `k1:${KEY}:more`],
    ["ENCRYPTION_KEYS", `k1:${KEY.slice(0, 20)} ${KEY.slice(20)}`],
    ["ENCRYPTION_KEYS", `k1:${KEY}.`],
    ["ENCRYPTION_KEYS", `k1:${KEY},k1:${Buffer.alloc(32, 1).toString("base64url")}`],
  ];

  test.each(refused)("%s may not be %j", (name, value) => {
    const extra: Env = name === "UPSTASH_REDIS_REST_URL" ? { UPSTASH_REDIS_REST_TOKEN: "t" } : {};
    const problems = problemsOf({ [name]: value, ...extra });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: \\S`));
  });

  test.each([
    ["that was cut short", PUBLIC_KEY.slice(0, 80)],
    ["that is private", rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    [
      "that is private, in the older form",
      rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    ],
  ])("JWT_PUBLIC_KEY may not be a key %s", (_, pem) => {
    expect(problemsOf({ JWT_PUBLIC_KEY: pem })).toEqual(["JWT_PUBLIC_KEY: must be a public key in PEM form"]);
  });

  const pemOf = ({ publicKey }: { publicKey: KeyObject }) =>
    publicKey.export({ type: "spki", format: "pem" }).toString();
  test.each([
    ["too small", pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }))],
    ["of another curve", pemOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }))],
    ["for no signatures", pemOf(generateKeyPairSync("x25519"))],
  ])("JWT_PUBLIC_KEY of a kind that is not taken, %s, is told among the others", (_, pem) => {
    expect(problemsOf({ JWT_PUBLIC_KEY: pem, PORT: "x" })).toEqual([
      expect.stringMatching(/^PORT: /),
      "JWT_PUBLIC_KEY: must be RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519",
    ]);
  });

  test("keys as openssl rand -base64 writes them are taken as well", () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const [key] = parseConfig({ ENCRYPTION_KEYS: `k1:${bytes.toString("base64")}` }).ENCRYPTION_KEYS ?? [];
    expect(key && Buffer.from(key.secret).equals(bytes)).toBe(true);
  });

  test.each([0, 1, 16, 31, 33, 64])("E13: a key of %i bytes is refused", (bytes) => {
    const key = Buffer.alloc(bytes, 7).toString("base64url");
    expect(problemsOf({ ENCRYPTION_KEYS: `k1:${key}` })).toEqual([
      "ENCRYPTION_KEYS: must be kid:key,... with keys of 32 bytes in base64url",
    ]);
  });

  test("a secret is measured in bytes", () => {
    expect(problemsOf({ JWT_SECRET: "é".repeat(16) })).toEqual([]);
    expect(problemsOf({ JWT_SECRET: "é".repeat(15) })).toHaveLength(1);
  });

  test("are told of all at once, in the message too", () => {
    const env = {
      PORT: "x",
      LOG_LEVEL: "loud",
      RATE_LIMIT_GET: "often",
      JWT_SECRET: "short",
      REDIS_URL: "x",
    };
    const problems = problemsOf(env);
    expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual(Object.keys(env).sort());
    expect(() => parseConfig(env)).toThrow(`The settings cannot be used:\n  - ${problems.join("\n  - ")}`);
  });

  test("are told of together with rules between settings", () => {
    const problems = problemsOf({ NODE_ENV: "production", PORT: "x" });
    expect(problems.some((problem) => problem.startsWith("PORT:"))).toBe(true);
    expect(problems.some((problem) => problem.startsWith("JWT_ISSUER:"))).toBe(true);
  });
});

describe("rules between settings", () => {
  test.each<[string, Env, string]>([
    ["WORKER", { WORKER: "none" }, "WORKER: none needs DATABASE_URL"],
    ["WEB_CONCURRENCY", { WEB_CONCURRENCY: "2" }, "WEB_CONCURRENCY: more than 1 needs DATABASE_URL"],
    [
      "LOG_FILE",
      { WEB_CONCURRENCY: "2", DATABASE_URL: "postgres://h/d", LOG_FILE: "log" },
      "LOG_FILE: is written by one process",
    ],
    ["ALGORITHM_VERSION", { ALGORITHM_VERSION: "v3" }, "ALGORITHM_VERSION: must be one of"],
  ])("are told of where another setting is wrong by itself: %s", (_, env, problem) => {
    expect(problemsOf({ ...env, PORT: "x", LOG_LEVEL: "loud" })).toEqual([
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^LOG_LEVEL: /),
      expect.stringContaining(problem),
    ]);
  });

  test("take a setting that is wrong by itself for one that is given", () => {
    expect(problemsOf({ ALGORITHM_VERSION: "v3", MCP_URL: "ftp://service" })).toEqual([
      expect.stringMatching(/^MCP_URL: /),
    ]);
    expect(problemsOf({ WORKER: "none", DATABASE_URL: "mysql://h/d" })).toEqual([
      expect.stringMatching(/^DATABASE_URL: /),
    ]);
  });

  test.each<[string, Env, string]>([
    [
      "two ways to check tokens",
      { JWT_SECRET: SECRET, JWT_PUBLIC_KEY: PUBLIC_KEY },
      "JWT_PUBLIC_KEY and JWT_SECRET: set one of them",
    ],
    [
      "three ways to check tokens",
      { JWT_SECRET: SECRET, JWT_PUBLIC_KEY: PUBLIC_KEY, JWT_JWKS_URL: "https://i/jwks" },
      "JWT_JWKS_URL and JWT_PUBLIC_KEY and JWT_SECRET: set one",
    ],
    [
      "two ways to Redis",
      { REDIS_URL: "redis://h", UPSTASH_REDIS_REST_URL: "https://h", UPSTASH_REDIS_REST_TOKEN: "t" },
      "REDIS_URL and UPSTASH_REDIS_REST_URL: set one of them",
    ],
    ["a REST address without its token", { UPSTASH_REDIS_REST_URL: "https://h" }, "set both or none"],
    ["a REST token without its address", { UPSTASH_REDIS_REST_TOKEN: "t" }, "set both or none"],
    [
      "a method that the bundled service has not",
      { ALGORITHM_VERSION: "v3" },
      "must be one of v2.1.0, v3.0.0",
    ],
    ["workers apart on an embedded database", { WORKER: "none" }, "WORKER: none needs DATABASE_URL"],
    [
      "a direct address without the other",
      { DATABASE_LISTEN_URL: "postgres://h/d" },
      "DATABASE_LISTEN_URL: set DATABASE_URL as well",
    ],
  ])("%s", (_, env, problem) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  test("leave the methods of another service to it", () => {
    expect(problemsOf({ ALGORITHM_VERSION: "v3", MCP_URL: "http://service" })).toEqual([]);
  });

  test("do not count a setting that is given as empty", () => {
    expect(
      problemsOf({
        JWT_SECRET: SECRET,
        JWT_PUBLIC_KEY: "",
        REDIS_URL: "redis://h",
        UPSTASH_REDIS_REST_URL: "",
      }),
    ).toEqual([]);
  });
});

describe("in production", () => {
  test("what is required suffices", () => {
    expect(parseConfig(PRODUCTION)).toMatchObject({ production: true });
    for (const way of [{ JWT_PUBLIC_KEY: PUBLIC_KEY }, { JWT_JWKS_URL: "https://issuer.example/jwks" }]) {
      expect(problemsOf({ ...PRODUCTION, JWT_SECRET: undefined, ...way })).toEqual([]);
    }
  });

  test.each(["JWT_SECRET", "JWT_ISSUER", "JWT_AUDIENCE", "ENCRYPTION_KEYS"] as const)(
    "%s cannot be left out, nor be empty",
    (name) => {
      for (const value of [undefined, ""]) {
        const problems = problemsOf({ ...PRODUCTION, [name]: value });
        expect(problems).toHaveLength(1);
        expect(problems[0]).toContain(name);
        expect(problems[0]).toContain("required in production");
      }
    },
  );

  test("nothing is required elsewhere", () => {
    for (const NODE_ENV of ["development", "test", "staging", "Production", undefined]) {
      expect(problemsOf({ NODE_ENV })).toEqual([]);
    }
  });
});

test("E13: no value of a secret stands in a problem or in the error", () => {
  const canary = "CANARY-SECRET";
  const env = {
    NODE_ENV: "production",
    JWT_SECRET: canary,
    JWT_PUBLIC_KEY: `-----BEGIN PUBLIC KEY-----\n${canary}\n-----END PUBLIC KEY-----`,
    ENCRYPTION_KEYS: `k1:${canary}`,
    MCP_TOKEN: canary,
    MCP_URL: `ftp://user:${canary}@host`,
    DATABASE_URL: `mysql://user:${canary}@host/db`,
    DATABASE_LISTEN_URL: `mysql://user:${canary}@host/db`,
    REDIS_URL: `http://:${canary}@host`,
    UPSTASH_REDIS_REST_URL: `redis://:${canary}@host`,
    UPSTASH_REDIS_REST_TOKEN: canary,
    LOG_LEVEL: canary,
    PORT: canary,
    RATE_LIMIT_GET: canary,
    CORS_ORIGINS: canary,
  };
  expect(problemsOf(env).length).toBeGreaterThan(10);
  try {
    parseConfig(env);
  } catch (error) {
    const { message, stack, ...rest } = error as Error;
    expect(`${message}${stack}${JSON.stringify(rest)}${String((error as Error).cause)}`).not.toContain(
      canary,
    );
  }
});
