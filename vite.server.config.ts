import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const below = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What processes and threads run, each in a few files with all that it imports: to find and read some 1,300 modules
 * is half of a start. `src/places.ts` has the same names.
 */
export default defineConfig({
  publicDir: false,
  // Reads files of its own that lie beside it.
  ssr: { noExternal: true, external: ["@electric-sql/pglite"] },
  build: {
    ssr: true,
    target: "node20",
    outDir: below("dist/bundle"),
    emptyOutDir: true,
    // By which the log tells where in the sources something failed.
    sourcemap: true,
    rolldownOptions: {
      input: {
        server: below("src/server.ts"),
        "peg-bff": below("src/cli/main.ts"),
        "mcp-server": below("src/mcp-server/main.ts"),
        "codec-thread": below("src/adapters/mcp/codec-thread.ts"),
      },
      output: {
        chunkFileNames: "[name]-[hash].js",
        sourcemapExcludeSources: true,
        // The log tells errors by the names of their classes.
        keepNames: true,
      },
    },
  },
});
