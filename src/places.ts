import { existsSync, readFileSync } from "node:fs";

function rootAbove(folder: URL): URL {
  return existsSync(new URL("package.json", folder)) ? folder : rootAbove(new URL("../", folder));
}

/** The folder of this package, whether this runs from its sources, compiled or bundled. */
export const PACKAGE = rootAbove(new URL("./", import.meta.url));

/** What is read of the package's own `package.json`. */
export const MANIFEST = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};

/** What processes and threads run, by the names of their bundles, and where the compiler puts them. */
const COMPILED = {
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
