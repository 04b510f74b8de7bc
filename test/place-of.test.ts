import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { placeOf } from "../src/place-of.js";
import { PACKAGE, programFile } from "../src/places.js";
import { cliIsBuilt } from "./support/process.js";

/** An error whose stack names these places, the nearest first. */
function thrownAt(...places: string[]): Error {
  const error = new Error("words");
  error.stack = ["Error: words", ...places.map((place) => `    at work (${place})`)].join("\n");
  return error;
}

const below = (path: string): string => new URL(path, PACKAGE).href;

describe("the place of an error", () => {
  test("is the nearest in our own code, not in a package's", () => {
    const foreign = ["node:internal/x.js:1:2", below("node_modules/pg/dist/src/x.js:3:4")];
    const own = [below("src/domain/x.ts:5:6"), below("src/runtime.ts:7:8")];
    expect(placeOf(thrownAt(...foreign, ...own))).toBe("src/domain/x.ts:5");
    expect(placeOf(thrownAt("/app/dist/http/x.js:9:1"))).toBe("dist/http/x.js:9");
    expect(placeOf(thrownAt(...foreign))).toBeUndefined();
  });

  test("is not looked for in what the error says", () => {
    const error = new Error("at work (/app/src/secret.ts:1:1)");
    error.stack = `Error: ${error.message}`;
    expect(placeOf(error)).toBeUndefined();
  });

  test.skipIf(!cliIsBuilt)("is told of a bundle as it stands in the sources", () => {
    const bundle = programFile("server");
    const lines = readFileSync(bundle, "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes("await runServer("));
    const column = lines[line]?.indexOf("runServer(") ?? -1;
    const source = readFileSync(new URL("src/server.ts", PACKAGE), "utf8").split("\n");
    const written = source.findIndex((text) => text.includes("await runServer("));
    expect(placeOf(thrownAt(`${bundle.href}:${line + 1}:${column + 1}`))).toBe(
      `src/server.ts:${written + 1}`,
    );
  });

  test.skipIf(!cliIsBuilt)("is passed over where a bundle holds a package's code", () => {
    const bundle = readFileSync(programFile("peg-bff"), "utf8").split("\n");
    const line = bundle.findIndex((text) => text.includes("var CommanderError = class"));
    expect(placeOf(thrownAt(`${programFile("peg-bff").href}:${line + 1}:10`))).toBeUndefined();
  });
});
