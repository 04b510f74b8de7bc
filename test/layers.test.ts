import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findForbiddenWords, findViolations, readSources } from "./layer-rules.js";

const SOURCES = readSources(fileURLToPath(new URL("../src", import.meta.url)));

test("every import of src stays within the walls of the design", () => {
  expect(SOURCES.length).toBeGreaterThan(50);
  expect(findViolations(SOURCES)).toEqual([]);
});

test("J26: no token middleware of the web framework is used", () => {
  expect(SOURCES.filter(({ text }) => /["']hono\/(?:jwt|jwk)/.test(text)).map(({ path }) => path)).toEqual(
    [],
  );
});

test("D8: no text of a query is put together from what somebody sent", () => {
  // Names of tables and columns of our own schema, which a backup has to go through.
  const own = /^(db\/(run-sql|insert-rows)\.ts$|domain\/backup\/)/;
  const raw = SOURCES.filter(({ text }) => /\bsql\.(raw|identifier)\(|\.as\([a-z]\w*\)/.test(text));
  expect(raw.map(({ path }) => path).filter((path) => !own.test(path))).toEqual([]);
});

test("E8: nothing that seals draws from Math.random or from a clock", () => {
  expect(SOURCES.filter(({ path }) => path.startsWith("adapters/sealing/")).length).toBeGreaterThan(2);
  expect(findForbiddenWords(SOURCES)).toEqual([]);
});

test.each([
  "const iv = Math.random();",
  "const { random } = Math;",
  "iv.writeDoubleLE(Date.now());",
  "const iv = process.hrtime.bigint();",
  'import { now } from "node:perf_hooks";',
  "constructor(readonly clock: Clock) {}",
])("E8: the checker catches, where something is sealed: %s", (text) => {
  expect(findForbiddenWords([{ path: "adapters/sealing/x.ts", text }])).toHaveLength(1);
  expect(findForbiddenWords([{ path: "adapters/memory/x.ts", text }])).toEqual([]);
  expect(findForbiddenWords([{ path: "adapters/sealing/x.ts", text: `// ${text}` }])).toEqual([]);
});

describe("the checker catches", () => {
  const refused: [what: string, path: string, text: string, specifier: string][] = [
    ["a database in the contract", "contract/x.ts", 'import { x } from "../db/open.js";', "../db/open.js"],
    ["a package in the contract", "contract/x.ts", 'import { x } from "drizzle-orm";', "drizzle-orm"],
    ["Node in the contract", "contract/x.ts", 'import { x } from "node:fs";', "node:fs"],
    ["a module of Node without its prefix", "contract/x.ts", 'import { x } from "fs";', "fs"],
    [
      "the router's code in the client",
      "client/x.ts",
      'import { appRouter } from "../trpc/app-router.js";',
      "../trpc/app-router.js",
    ],
    [
      "the router's type in the client",
      "client/x.ts",
      'import type { AppRouter } from "../trpc/app-router.js";',
      "../trpc/app-router.js",
    ],
    [
      "code beside types of tRPC's server",
      "client/x.ts",
      'import { type A, b } from "@trpc/server";',
      "@trpc/server",
    ],
    ["zod's code in the client", "client/x.ts", 'import { z } from "zod";', "zod"],
    [
      "tRPC's server in the client",
      "client/x.ts",
      'import { initTRPC } from "@trpc/server";',
      "@trpc/server",
    ],
    [
      "an adapter in the domain",
      "domain/a/x.ts",
      'import { x } from "../../adapters/redis/one-trip.js";',
      "../../adapters/redis/one-trip.js",
    ],
    ["tRPC in the domain", "domain/a/x.ts", 'import { TRPCError } from "@trpc/server";', "@trpc/server"],
    ["a type across a wall", "domain/a/x.ts", 'import type { C } from "../../config.js";', "../../config.js"],
    [
      "the domain in the database",
      "db/x.ts",
      'import { x } from "../domain/errors.js";',
      "../domain/errors.js",
    ],
    [
      "a verb in an adapter",
      "adapters/redis/x.ts",
      'import { x } from "../../domain/comparison/find-answer.js";',
      "../../domain/comparison/find-answer.js",
    ],
    [
      "the database in an adapter",
      "adapters/auth/x.ts",
      'import { x } from "../../db/open.js";',
      "../../db/open.js",
    ],
    [
      "another adapter in an adapter",
      "adapters/auth/x.ts",
      'import { x } from "../sealing/sealer.js";',
      "../sealing/sealer.js",
    ],
    ["another adapter's vendor", "adapters/auth/x.ts", 'import { Redis } from "ioredis";', "ioredis"],
    [
      "the domain in the bundled service",
      "mcp-server/x.ts",
      'import { x } from "../domain/errors.js";',
      "../domain/errors.js",
    ],
    [
      "the schema of the database in trpc",
      "trpc/x.ts",
      'import { x } from "../db/schema.js";',
      "../db/schema.js",
    ],
    ["the domain in http", "http/x.ts", 'import { x } from "../domain/errors.js";', "../domain/errors.js"],
    ["the database in a command", "cli/x.ts", 'import { x } from "../db/open.js";', "../db/open.js"],
    [
      "the bundled service's insides in a command",
      "cli/x.ts",
      'import { x } from "../mcp-server/method/moments.js";',
      "../mcp-server/method/moments.js",
    ],
    ["the runtime in the log", "log.ts", 'import { x } from "./runtime.js";', "./runtime.js"],
    [
      "what lies outside of src",
      "runtime.ts",
      'import { x } from "../test/support/ports.js";',
      "../test/support/ports.js",
    ],
    ["an export from across a wall", "contract/x.ts", 'export * from "../db/open.js";', "../db/open.js"],
    [
      "named exports from across a wall",
      "contract/x.ts",
      'export { a, b as c } from "../db/open.js";',
      "../db/open.js",
    ],
    ["an import for its effects", "contract/x.ts", 'import "../log.js";', "../log.js"],
    ["a dynamic import", "contract/x.ts", 'export const x = () => import("../log.js");', "../log.js"],
    ["a type that is imported in place", "contract/x.ts", 'type X = import("../log.js").X;', "../log.js"],
    [
      "an import over many lines",
      "contract/x.ts",
      'import {\n  a,\n  type B,\n} from "../log.js";',
      "../log.js",
    ],
    ["an import in single quotes", "contract/x.ts", "import { a } from '../log.js';", "../log.js"],
    ["a default and a namespace", "contract/x.ts", 'import a, * as b from "../log.js";', "../log.js"],
    [
      "a folder whose name begins alike",
      "contract/x.ts",
      'import { a } from "../contract-extra/x.js";',
      "../contract-extra/x.js",
    ],
  ];

  test.each(refused)("%s", (_, path, text, specifier) => {
    const ours = path.startsWith("contract/") ? 'import { z } from "zod";\n' : "";
    expect(findViolations([{ path, text: ours + text }])).toEqual([`${path} must not import ${specifier}`]);
  });

  test.each([
    ["a computed dynamic import", "export const x = (name: string) => import(name);"],
    ["a dynamic import of a template", "export const x = (name: string) => import(`../$" + "{name}.js`);"],
    ["require", 'const x = require("../log.js");'],
    ["createRequire", 'const load = createRequire(import.meta.url);\nload("../log.js");'],
    ["import with an equals sign", 'import x = require("../log.js");'],
  ])("%s, which the text does not tell", (_, text) => {
    expect(findViolations([{ path: "contract/x.ts", text }])).toEqual([
      "contract/x.ts loads something that cannot be read from its text",
    ]);
  });

  test("a file that no rule speaks of", () => {
    expect(findViolations([{ path: "helpers/x.ts", text: "" }])).toEqual([
      "helpers/x.ts belongs to no layer",
    ]);
    expect(findViolations([{ path: "adapters/x.ts", text: "" }])).toEqual([
      "adapters/x.ts belongs to no layer",
    ]);
    expect(findViolations([{ path: "adapters/kafka/x.ts", text: "" }])).toHaveLength(1);
  });
});

describe("the checker lets pass", () => {
  test.each([
    [
      "the contract's own files and zod",
      "contract/x.ts",
      'import { z } from "zod";\nimport { time } from "./time.js";',
    ],
    ["types of tRPC's server in the client", "client/x.ts", 'import type { A } from "@trpc/server";'],
    ["types marked one by one", "client/x.ts", 'import { type A, type B } from "@trpc/server";'],
    [
      "ports and raw data in an adapter",
      "adapters/mcp/x.ts",
      'import type { R } from "../../domain/analysis/raw-data.js";\nimport type { P } from "../../domain/ports.js";',
    ],
    ["a subpath of a package", "db/x.ts", 'import { drizzle } from "drizzle-orm/pglite";'],
    [
      "anything in the composition root",
      "runtime.ts",
      'import { x } from "./adapters/redis/one-trip.js";\nimport y from "anything";',
    ],
    [
      "imports that comments speak of",
      "contract/x.ts",
      '// import { x } from "../log.js";\n/* import("../log.js") */\nexport const x = 1;',
    ],
  ])("%s", (_, path, text) => {
    expect(findViolations([{ path, text }])).toEqual([]);
  });
});
