import { configDefaults, defineConfig } from "vitest/config";

const TIMED = "test/**/*.timed.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "suite",
          include: ["test/**/*.test.ts"],
          // The fault runs take minutes: LONG_TESTS=1 npx vitest run test/faults
          exclude: [...configDefaults.exclude, TIMED, ...(process.env.LONG_TESTS ? [] : ["test/faults/**"])],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // How long something holds the event loop shows only where nothing else wants the processor.
        test: { name: "timed", include: [TIMED], fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/worker-setup.ts"],
    globals: false,
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: ["default"],
  },
});
