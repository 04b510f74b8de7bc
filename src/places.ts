import { existsSync, readFileSync } from "node:fs";

const above = new URL("../", import.meta.url);

/** The folder of this package, whether this runs from its sources, compiled or, a folder lower, bundled. */
export const PACKAGE = existsSync(new URL("package.json", above)) ? above : new URL("../", above);

/** What is read of the package's own `package.json`. */
export const MANIFEST = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};

/** What processes and threads run, by the names of their bundles, and where the compiler puts them: as in `src`. */
export const COMPILED = {
  server: "server.js",
  "peg-bff": "cli/main.js",
  "mcp-server": "mcp-server/main.js",
  "codec-thread": "adapters/mcp/codec-thread.js",
};

/** The file of a program: bundled, which starts in half the time, or as compiled, which is what the package holds. */
export function programFile(name: keyof typeof COMPILED): URL {
  const bundled = new URL(`dist/bundle/${name}.js`, PACKAGE);
  return existsSync(bundled) ? bundled : new URL(`dist/${COMPILED[name]}`, PACKAGE);
}
