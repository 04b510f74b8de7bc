import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const below = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page: `src/dashboard`, built into `dist/dashboard`, from where the server serves it. */
export default defineConfig({
  root: below("src/dashboard"),
  plugins: [react()],
  build: {
    outDir: below("dist/dashboard"),
    emptyOutDir: true,
    target: "es2022",
    // The server's content security policy has no room for data: scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
});
