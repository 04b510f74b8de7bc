import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const MAX_GZIPPED_BYTES = 20_000;

const PAGE = `
  import { createPegClient, isPegError } from "./src/client/index.js";
  const peg = createPegClient({ url: "https://peg.example.com", token: () => "t" });
  peg.pegComparison.get.query({ id: "a" }).then(console.log, (error) => console.log(isPegError(error)));
`;

interface Bundle {
  /** What was read, needed or not. */
  inputs: Metafile["inputs"];
  /** Paths of what is in it. */
  used: string[];
  text: string;
}

/** Bundles as for a browser, where a module of Node cannot be resolved. */
async function bundle(contents: string): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: REPOSITORY, sourcefile: "page.ts", loader: "ts" },
    absWorkingDir: REPOSITORY,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return { inputs: metafile.inputs, used, text: outputFiles[0]?.text ?? "" };
}

const packageOf = (path: string) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];

describe("the client in a browser", () => {
  let inputs: Metafile["inputs"];
  let text: string;
  beforeAll(async () => {
    ({ inputs, text } = await bundle(PAGE));
  });

  test("brings no source of the server", () => {
    const sources = Object.keys(inputs).filter((path) => path.startsWith("src/"));
    expect(sources).toContain("src/client/create-peg-client.ts");
    expect(sources.filter((path) => !/^src\/(client|contract)\//.test(path))).toEqual([]);
  });

  test("brings no package but those of a client, and no schemas", () => {
    const packages = new Set(Object.keys(inputs).map(packageOf));
    packages.delete(undefined);
    const known = new Set([
      "@trpc/client",
      "@trpc/server",
      "copy-anything",
      "eventsource",
      "eventsource-parser",
      "is-what",
      "superjson",
    ]);
    expect([...packages].filter((name) => name !== undefined && !known.has(name))).toEqual([]);
  });

  test("brings of @trpc/server only what @trpc/client itself imports", () => {
    const importedBy = (isTheirs: boolean) =>
      Object.entries(inputs)
        .filter(([path]) => (packageOf(path)?.startsWith("@trpc/") ?? false) === isTheirs)
        .flatMap(([, { imports }]) => imports.map(({ path }) => path))
        .filter((path) => packageOf(path) === "@trpc/server");
    const theirs = new Set(importedBy(true));
    expect(theirs.size).toBeGreaterThan(0);
    expect(importedBy(false).filter((path) => !theirs.has(path))).toEqual([]);
  });

  test("needs no module of Node", async () => {
    const imported = Object.values(inputs).flatMap(({ imports }) => imports);
    expect(imported.filter(({ path, external }) => external || path.startsWith("node:"))).toEqual([]);
    expect(text).not.toMatch(/\bfrom\s*"|\brequire\("/);
  });

  test("brings no words of the server's errors, nor do the schemas", async () => {
    const schemas = await bundle('export * from "./src/contract/index.js";');
    expect(Object.keys(schemas.inputs)).toContain("src/contract/analysis.ts");
    for (const found of [inputs, schemas.inputs]) {
      expect(Object.keys(found)).not.toContain("src/contract/korean.ts");
    }
  });

  test("may bring errors, permissions and limits of the contract without its schemas", async () => {
    const bundled = await bundle(`
      import { ADMIN_SCOPE, can, ERROR_CODES, ERRORS, MAX_ROWS, PERMISSION_TYPES } from "./src/contract/index.js";
      console.log(ADMIN_SCOPE, can, ERROR_CODES, ERRORS, MAX_ROWS, PERMISSION_TYPES);`);
    expect(bundled.used.filter((path) => packageOf(path) !== undefined)).toEqual([]);
    expect(bundled.text.length).toBeLessThan(5_000);
    const schema = await bundle(
      'import { errorBody } from "./src/contract/index.js"; console.log(errorBody);',
    );
    expect(schema.used.map(packageOf)).toContain("zod");
  });

  test("is small", ({ annotate }) => {
    const bytes = gzipSync(text).length;
    console.log(`client bundle: ${text.length} bytes, ${bytes} gzipped`);
    expect(bytes).toBeLessThan(MAX_GZIPPED_BYTES);
    return annotate(`${bytes} bytes gzipped`);
  });

  test("would be told apart from one that reaches into the server", async () => {
    const reaching = bundle('import { createRuntime } from "./src/runtime.js"; console.log(createRuntime);');
    await expect(reaching).rejects.toThrow(/Could not resolve "node:/);
  });
});
