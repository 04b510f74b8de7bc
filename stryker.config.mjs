/** What guards: `npm run mutation` finds what no test would miss of it. */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts" },
  // Stryker would rewrite it with a compiler that is no more in TypeScript 7.
  tsconfigFile: "none",
  mutate: [
    "src/adapters/auth/*.ts",
    "src/domain/permission/{authorize,standing-cache}.ts",
    "src/trpc/middleware/{permission,limits}.ts",
    "src/domain/apply-change.ts",
    "src/adapters/redis/{shared-store,sliding-log}.ts",
    "src/adapters/memory/store.ts",
    "src/domain/comparison/{answer-cache,shared-answers,computation-lease}.ts",
    "src/adapters/sealing/{sealer,key-ring}.ts",
  ],
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  // Who times out counts as found, and the first mutant of each process waits for the servers of the tests.
  timeoutMS: 60_000,
  reporters: ["clear-text", "progress", "html"],
  thresholds: { high: 95, low: 90, break: 90 },
};
