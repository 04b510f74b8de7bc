import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { type Compiled, runTsc } from "./run-tsc.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const isBuilt = existsSync(new URL("../../dist/client/index.d.ts", import.meta.url));

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Compiles files beside this one as strictly as the project, with other options where they are given. */
async function compile(
  files: Record<string, string>,
  compilerOptions: Record<string, unknown> = {},
  include: readonly string[] = ["*.ts"],
): Promise<Compiled> {
  // TypeScript passes over folders with a dot, git over this one: neither meets the mistakes in it.
  const folder = await mkdtemp(join(HERE, ".planted-"));
  folders.push(folder);
  await writeFile(join(folder, ".gitignore"), "*\n");
  const config = { extends: "../../../tsconfig.json", compilerOptions, include };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return runTsc(folder);
}

const client = (from: string, body: string) =>
  `import { createPegClient } from "${from}";
  const peg = createPegClient({ url: "http://127.0.0.1", token: "t" });
  ${body}`;

const MISTAKES: Record<string, { body: string; names: string }> = {
  "input-field.ts": {
    body: 'await peg.pegComparison.get.query({ id: "a", cacheTtl: 1 });',
    names: "'cacheTtl'",
  },
  "input-type.ts": {
    body: 'await peg.pegComparison.get.query({ id: "a", cache_ttl: "1" });',
    names: "cache_ttl|'string' is not assignable to type 'number",
  },
  "procedure.ts": { body: 'await peg.pegComparison.fetch.query({ id: "a" });', names: "'fetch'" },
  "output-field.ts": {
    body: 'console.log((await peg.analysis.byId.query({ id: "a" })).createdAt);',
    names: "'createdAt'",
  },
  "status.ts": {
    body: 'console.log((await peg.pegComparison.get.query({ id: "a" })).data);',
    names: "Property 'data' does not exist",
  },
};

describe("the types of the client", { timeout: 60_000 }, () => {
  test("let right usage compile, and make every known mistake an error", async () => {
    const { code, output } = await compile({}, {}, ["../types/*.ts"]);
    expect(output).toBe("");
    expect(code).toBe(0);
  });

  test("name the field at fault, so that the checks above can fail", async () => {
    const files = Object.fromEntries(
      Object.entries(MISTAKES).map(([name, { body }]) => [
        name,
        client("../../../src/client/index.js", body),
      ]),
    );
    const right = client(
      "../../../src/client/index.js",
      'console.log((await peg.analysis.byId.query({ id: "a" })).created_at);',
    );
    const idle = "// @ts-expect-error nothing is wrong here\nexport const right: number = 1;";
    const { code, errors } = await compile({ ...files, "right.ts": right, "idle.ts": idle });
    expect(code).not.toBe(0);
    for (const [name, { names }] of Object.entries(MISTAKES)) {
      expect(errors[name]?.join("\n")).toMatch(new RegExp(names));
    }
    expect(errors).not.toHaveProperty("right.ts");
    expect(errors["idle.ts"]?.join()).toContain("Unused '@ts-expect-error'");
  });

  test.skipIf(!isBuilt)("hold for a page that imports the built package, without Node's types", async () => {
    const guard = `import type { PegClient } from "peg-comparison-bff/client";
      import { MAX_BATCH_SIZE, type ErrorCode } from "peg-comparison-bff/contract";
      import type { AnyPaths, Equal, Expect } from "../types/helpers.js";
      type Get = Awaited<ReturnType<PegClient["pegComparison"]["get"]["query"]>>;
      export type Checks = [
        Expect<Equal<AnyPaths<Get>, never>>,
        Expect<Equal<Extract<Get, { status: "COMPLETED" }>["data"]["summary"]["improved"], number>>,
      ];
      export const code: ErrorCode = "CONFLICT";
      export const size: number = MAX_BATCH_SIZE;`;
    const wrong = client("peg-comparison-bff/client", MISTAKES["input-field.ts"]?.body ?? "");
    const browser = {
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["ES2023", "DOM", "DOM.Iterable"],
      types: [],
    };
    const { errors, output } = await compile({ "guard.ts": guard, "wrong.ts": wrong }, browser);
    expect(Object.keys(errors), output).toEqual(["wrong.ts"]);
    expect(errors["wrong.ts"]?.join()).toContain("'cacheTtl'");
  });
});
