import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { COMPILED } from "./src/places.js";

const below = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What processes and threads run, each in a few files with all that it imports: to find and read some 1,300 modules
 * is half of a start.
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
      input: Object.fromEntries(
        Object.entries(COMPILED).map(([name, file]) => [name, below(`src/${file.replace(/\.js$/, ".ts")}`)]),
      ),
      output: {
        chunkFileNames: "[name]-[hash].js",
        sourcemapExcludeSources: true,
        // The log tells errors by the names of their classes.
        keepNames: true,
      },
    },
  },
});
