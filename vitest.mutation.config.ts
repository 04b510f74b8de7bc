import { defineConfig } from "vitest/config";

/** The tests of what guards, for `npm run mutation`. */
export default defineConfig({
  test: {
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/worker-setup.ts"],
    include: [
      "test/adapters/{auth,memory,sealing}/*.test.ts",
      "test/adapters/redis/{exact-limits,shared-store,sliding-log}.test.ts",
      "test/adapters/shared-store.test.ts",
      "test/domain/apply-change.test.ts",
      "test/domain/comparison/{answer-cache,computation-lease,shared-answers}.test.ts",
      "test/domain/permission/*.test.ts",
      "test/trpc/middleware/*.test.ts",
    ],
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
