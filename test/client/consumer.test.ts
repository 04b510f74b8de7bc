import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { isBuilt, pack, unpack } from "./packed.js";
import { type Compiler, listFiles, runTsc } from "./run-tsc.js";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
/** All that a client needs: neither a database, nor a queue, nor a web framework. */
const NEEDED = ["@trpc/client", "@trpc/server", "eventsource", "superjson", "zod", "@types/node"];

const RIGHT = `import { createPegClient, isPegError } from "peg-comparison-bff/client";
import { ERROR_CODES, type ComparisonSummary } from "peg-comparison-bff/contract";

declare const process: { env: Record<string, string | undefined> };
const { PEG_URL: url = "", PEG_TOKEN: token = "", PEG_ID: id = "" } = process.env;
const peg = createPegClient({ url, token });

const answer = await peg.pegComparison.get.query({ id, include_metadata: true });
if (answer.status !== "COMPLETED") throw new Error(answer.task_id);
const summary: ComparisonSummary = answer.data.summary;
const when: Date | undefined = answer.data.analysis_metadata?.calculated_at;
try {
  await peg.analysis.byId.query({ id: "of-another" });
} catch (error) {
  if (!isPegError(error, "PERMISSION_DENIED")) throw error;
  const known: boolean = ERROR_CODES.includes(error.data.error.code);
  console.log(JSON.stringify([summary.total_pegs, when instanceof Date, known]));
}
`;

/** Each wrong in its fourth line. */
const WRONG = {
  "input-field.ts": {
    line: 'await peg.pegComparison.get.query({ id: "a", cacheTtl: 1 });',
    says: "'cacheTtl' does not exist",
  },
  "input-type.ts": {
    line: "await peg.pegComparison.get.query({ id: 7 });",
    says: "Type 'number' is not assignable to type 'string'",
  },
  "output-field.ts": {
    line: 'console.log((await peg.analysis.byId.query({ id: "a" })).createdAt);',
    says: "'createdAt' does not exist",
  },
  "output-type.ts": {
    line: 'export const at: string = (await peg.analysis.byId.query({ id: "a" })).created_at;',
    says: "Type 'Date' is not assignable to type 'string'",
  },
  "error-code.ts": {
    line: 'export const code = (error: unknown) => isPegError(error, "RATE_LIMITED");',
    says: `'"RATE_LIMITED"' is not assignable`,
  },
  "error-compared.ts": {
    line: 'export const gone = (error: unknown) => isPegError(error) && error.data.error.code === "GONE";',
    says: "have no overlap",
  },
};

const wrong = (line: string) =>
  `import { createPegClient, isPegError } from "peg-comparison-bff/client";
const peg = createPegClient({ url: "http://127.0.0.1", token: "t" });
export const all: unknown[] = [peg, isPegError];
${line}
`;

interface Consumer {
  name: string;
  compiler: Compiler;
  options: Record<string, unknown>;
}

// Declarations are checked too, so that none of ours may lack what it names. Those of @trpc/server name Disposable
// and those of @trpc/client RequestInfo, which are in libraries that a project may well be without.
const page = {
  module: "esnext",
  moduleResolution: "bundler",
  lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"],
  types: [],
  skipLibCheck: false,
};
const script = {
  module: "nodenext",
  moduleResolution: "nodenext",
  lib: ["ES2023", "DOM"],
  types: ["node"],
  skipLibCheck: false,
};
const withoutPages = { ...script, lib: ["ES2023"], skipLibCheck: true };
const CONSUMERS: Consumer[] = (["typescript", "typescript-5"] as const).flatMap((compiler) => [
  { name: `${compiler}, bundler`, compiler, options: page },
  { name: `${compiler}, nodenext`, compiler, options: script },
  { name: `${compiler}, nodenext without the types of pages`, compiler, options: withoutPages },
]);

const folders: string[] = [];
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "peg-consumer-"));
  folders.push(folder);
  return folder;
}

/** A project which has the package, and of others those that are named. */
async function makeProject(tarball: string, installed: readonly string[] = NEEDED): Promise<string> {
  const folder = await temporaryFolder();
  await unpack(tarball, join(folder, "node_modules/peg-comparison-bff"));
  for (const name of installed) {
    const place = join(folder, "node_modules", name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(MODULES, name), place);
  }
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, "right.ts"), RIGHT);
  for (const name of ["helpers.ts", "no-any.ts"]) {
    const text = await readFile(new URL(`types/${name}`, import.meta.url), "utf8");
    await writeFile(
      join(folder, name),
      text.replace(/"[^"]*\/src\/client\/index\.js"/, '"peg-comparison-bff/client"'),
    );
  }
  for (const [name, { line }] of Object.entries(WRONG)) await writeFile(join(folder, name), wrong(line));
  return folder;
}

async function configure(folder: string, options: Record<string, unknown>, files: string[]): Promise<void> {
  const compilerOptions = { target: "es2022", strict: true, outDir: "out", ...options };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
}

describe.skipIf(!isBuilt)("the packed package in a project of its own", { timeout: 60_000 }, () => {
  let backend: TestBackend;
  let env: Record<string, string>;
  let tarball: string;
  beforeAll(async () => {
    tarball = await pack(await temporaryFolder());
    backend = await startBackend();
    const alice = await backend.clientOf("alice");
    const { id } = await alice.analysis.create.mutate(sampleAnalysis({ pegs: 3 }));
    env = { PEG_URL: backend.url, PEG_TOKEN: await tokenFor("alice"), PEG_ID: id };
  });
  afterAll(async () => {
    await backend?.stop();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  describe.each(CONSUMERS)("of $name", ({ compiler, options }) => {
    let folder: string;
    beforeAll(async () => {
      folder = await makeProject(tarball);
    });

    test("compiles with no `any` in the types of the package, and runs in Node", async () => {
      await configure(folder, options, ["right.ts", "no-any.ts"]);
      expect(await runTsc(folder, compiler)).toEqual({ code: 0, errors: {}, output: "" });
      expect(await readdir(join(folder, "out"))).toContain("right.js");
      const { stdout } = await promisify(execFile)(process.execPath, ["out/right.js"], { cwd: folder, env });
      expect(JSON.parse(stdout)).toEqual([3, true, true]);
    });

    test("does not compile with a wrong input, output or error code, and names the line", async () => {
      await configure(folder, { ...options, skipLibCheck: true }, Object.keys(WRONG));
      const { code, errors } = await runTsc(folder, compiler);
      expect(code).not.toBe(0);
      expect(Object.keys(errors).sort()).toEqual(Object.keys(WRONG).sort());
      for (const [name, { says }] of Object.entries(WRONG)) {
        expect(errors[name]).toHaveLength(1);
        expect(errors[name]?.[0]).toMatch(/^[\w-]+\.ts\(4,/);
        expect(errors[name]?.[0]).toContain(says);
      }
    });
  });

  describe("installed with all that it depends on", () => {
    let folder: string;
    beforeAll(async () => {
      const manifest = JSON.parse(await readFile(join(MODULES, "../package.json"), "utf8"));
      folder = await makeProject(tarball, Object.keys(manifest.dependencies));
    });

    /** The files that a compiler loads, by package; those of this one by folder. */
    async function loaded(compiler: Compiler, file: string): Promise<Set<string>> {
      await configure(folder, { ...page, skipLibCheck: true }, [file]);
      const names = (await listFiles(folder, compiler)).map(
        (path) =>
          /peg-comparison-bff\/(dist\/[^/]+)/.exec(path)?.[1] ??
          /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ??
          path.slice(path.lastIndexOf("/") + 1),
      );
      return new Set(names.filter((name) => !/^(@typescript\/.+|typescript(-5)?)$/.test(name)));
    }

    test.each(["typescript", "typescript-5"] as const)(
      "is typed by the client and the contract alone, for %s",
      async (compiler) => {
        expect([...(await loaded(compiler, "right.ts"))].sort()).toEqual([
          "@trpc/client",
          "@trpc/server",
          "dist/client",
          "dist/contract",
          "right.ts",
          "zod",
        ]);
      },
    );

    test("would be told apart from one whose types reach into the server", async () => {
      // The package has no types of the server; those that are built stand in for them.
      const built = fileURLToPath(new URL("../../dist", import.meta.url));
      await cp(built, join(folder, "node_modules/peg-comparison-bff/dist"), { recursive: true });
      const reaching = 'export type { Runtime } from "./node_modules/peg-comparison-bff/dist/runtime.js";';
      await writeFile(join(folder, "reaching.ts"), reaching);
      const names = await loaded("typescript", "reaching.ts");
      for (const name of ["dist/domain", "dist/db", "drizzle-orm", "@electric-sql/pglite"]) {
        expect(names).toContain(name);
      }
    });
  });

  test("is bundled for a browser without a word of the server", async () => {
    const folder = await makeProject(tarball);
    const contents = `import { createPegClient, isPegError } from "peg-comparison-bff/client";
      const peg = createPegClient({ url: "https://peg.example.com", token: "t" });
      peg.pegComparison.get.query({ id: "a" }).then(console.log, (error) => console.log(isPegError(error)));`;
    const { metafile } = await build({
      stdin: { contents, resolveDir: folder },
      absWorkingDir: folder,
      bundle: true,
      write: false,
      metafile: true,
      minify: true,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    const ours = Object.keys(metafile.inputs).filter((path) => path.includes("peg-comparison-bff/"));
    expect(ours).toContain("node_modules/peg-comparison-bff/dist/client/create-peg-client.js");
    expect(ours.filter((path) => !/\/dist\/(client\/|contract\/limits\.js)/.test(path))).toEqual([]);
    const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
    expect(imported.filter(({ path, external }) => external || path.startsWith("node:"))).toEqual([]);
  });
});
