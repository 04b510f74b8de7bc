import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, test } from "vitest";
import { PACKAGE, programFile } from "../src/places.js";
import { cliIsBuilt } from "./support/process.js";

const BUNDLE = new URL("dist/bundle/", PACKAGE);
const IMPORTS = /^(?:import|export) [^;"]*"([^"]+)";?$|\bimport\("([^"]+)"\)/gm;

describe.skipIf(!cliIsBuilt)("the bundled programs", () => {
  test("are what processes and threads run", () => {
    for (const name of ["server", "peg-bff", "mcp-server", "codec-thread"] as const)
      expect(programFile(name).href).toBe(new URL(`${name}.js`, BUNDLE).href);
  });

  test("hold all that they import, but for Node's modules and the embedded database", () => {
    const outside = new Set<string>();
    for (const file of readdirSync(BUNDLE).filter((name) => name.endsWith(".js"))) {
      for (const [, fixed, loaded] of readFileSync(new URL(file, BUNDLE), "utf8").matchAll(IMPORTS)) {
        const name = fixed ?? loaded ?? "";
        if (!name.startsWith("./") && !isBuiltin(name)) outside.add(name);
      }
    }
    expect([...outside].sort()).toEqual(["@electric-sql/pglite"]);
  });
});
