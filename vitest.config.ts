import { configDefaults, defineConfig } from "vitest/config";

const TIMED = "test/**/*.timed.test.ts";
const PAGE = "test/dashboard/**/*.test.ts";

/** Of all groups. */
const shared = {
  setupFiles: ["test/support/worker-setup.ts"],
  globals: false,
  pool: "forks" as const,
  // Of what hangs; what has to be quick says so itself. A busy machine takes its time.
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Once for all groups, which is why they do not extend this.
    globalSetup: ["test/support/global-setup.ts"],
    maxWorkers: 3,
    teardownTimeout: 10_000,
    reporters: ["default"],
    projects: [
      {
        test: {
          ...shared,
          name: "suite",
          include: ["test/**/*.test.ts"],
          // To load the same modules anew for each file takes a third of the time of all tests.
          isolate: false,
          // Takes a quarter of an hour: LONG_TESTS=1 npx vitest run test/faults
          exclude: [
            ...configDefaults.exclude,
            TIMED,
            PAGE,
            ...(process.env.LONG_TESTS ? [] : ["test/faults/rolling-restart.test.ts"]),
          ],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Browsers want processors to themselves, and what is timed by the clock wants no browser beside it.
        test: {
          ...shared,
          name: "page",
          include: [PAGE],
          exclude: [...configDefaults.exclude, TIMED],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // How long something holds the event loop shows only where nothing else wants the processor.
        test: {
          ...shared,
          name: "timed",
          include: [TIMED],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
