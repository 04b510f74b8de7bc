import { defineConfig } from "vitest/config";

/** What `npm run check` runs of the tests: what reads sources only, so no server is started. */
export default defineConfig({
  test: {
    include: ["test/{layers,readme,transactions}.test.ts", "test/db/migrations.test.ts"],
    globals: false,
    pool: "forks",
  },
});
