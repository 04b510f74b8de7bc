import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { getResolutionKinds } from "@arethetypeswrong/core/utils";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isBuilt, listPacked, type Packed, pack } from "./packed.js";

/** Half of it is the page, which the server serves. */
const MAX_PACKED_BYTES = 670_000;

describe.skipIf(!isBuilt)("the package", () => {
  let packed: Packed;
  let paths: string[];
  beforeAll(async () => {
    packed = await listPacked();
    paths = packed.files.map(({ path }) => path);
  });

  test("holds what is compiled, the migrations, and nothing else", () => {
    const known =
      /^(LICENSE|README(\.ko)?\.md|package\.json|dist\/.+\.js|dist\/(client|contract)\/.+\.d\.ts|dist\/dashboard\/(index\.html|assets\/[\w.-]+\.(js|css|svg))|drizzle\/(\w+\.sql|meta\/_journal\.json))$/;
    expect(paths.filter((path) => !known.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        "dist/client/index.js",
        "dist/client/index.d.ts",
        "dist/contract/index.js",
        "dist/contract/index.d.ts",
        "dist/cli/main.js",
        "dist/dashboard/index.html",
        "dist/server.js",
        "drizzle/0000_init.sql",
        "drizzle/meta/_journal.json",
      ]),
    );
  });

  test("holds no test, no bench, no data, no source and no map to it", () => {
    const unwanted = /(^|\/)(test|bench|scripts|examples|\.?data|src)\/|\.test\.|\.map$|(?<!\.d)\.tsx?$/;
    expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
  });

  test("names no map that it does not hold", async () => {
    const client = await readFile(new URL("../../dist/client/create-peg-client.js", import.meta.url), "utf8");
    expect(client).not.toContain("sourceMappingURL");
  });

  test("is small", ({ annotate }) => {
    expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
    return annotate(`${packed.size} bytes packed, ${paths.length} files`);
  });
});

describe.skipIf(!isBuilt)("the packed tarball", () => {
  let folder: string;
  let tarball: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peg-pack-"));
    tarball = new Uint8Array(await readFile(await pack(folder)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("has nothing that publint would change", async () => {
    const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
  });

  test("has types that resolve as its code does, for bundlers and for modules in Node", async () => {
    const found = await checkPackage(createPackageFromTarballData(tarball));
    if (!found.types) throw new Error("has no types");
    expect(Object.keys(found.entrypoints)).toEqual(["./client", "./contract", "./package.json"]);
    // It has no CommonJS: Node loads it by require() as the module it is, and TypeScript's node10 knows no exports.
    const ours = (kind: string) => kind !== "node10" && kind !== "node16-cjs";
    const problems = found.problems.filter((problem) => {
      if ("resolutionKind" in problem) return ours(problem.resolutionKind);
      return !("resolutionOption" in problem) || getResolutionKinds(problem.resolutionOption).some(ours);
    });
    expect(problems).toEqual([]);
  });
});
