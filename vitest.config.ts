import { configDefaults, defineConfig } from "vitest/config";

/** The processor has to be there for these alone. */
const TIMED = "test/**/*.timed.test.ts";
/** These have limits in time too, but do little else than wait for them. */
const WAITS = "test/**/*.waits.test.ts";
const PAGE = "test/dashboard/**/*.test.ts";
/** Whole processes and what befalls them: QUICK_TESTS=1 leaves it out, and so it does pages and what is timed. */
const PROCESSES = "test/{deploy,doctor,end-to-end,faults}/**";
const quick = Boolean(process.env.QUICK_TESTS);

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
          // It takes a quarter of an hour: LONG_TESTS=1 npx vitest run test/faults/rolling-restart.test.ts
          exclude: [
            ...configDefaults.exclude,
            TIMED,
            WAITS,
            PAGE,
            ...(quick ? [PROCESSES] : []),
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
          exclude: quick ? ["**"] : [...configDefaults.exclude, TIMED],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "waits",
          include: [WAITS],
          exclude: quick ? ["**"] : configDefaults.exclude,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // How long something holds the event loop shows only where nothing else wants the processor.
        test: {
          ...shared,
          name: "timed",
          include: [TIMED],
          exclude: quick ? ["**"] : configDefaults.exclude,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
