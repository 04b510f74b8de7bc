import { describe, expect, test } from "vitest";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt, freePort } from "../support/process.js";
import { blocksOf, runPage } from "../support/run-page.js";

const PAGE = "docs/deploy.md";

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("the page on deploying", () => {
  test("leads to a comparison by an API process and a worker, line by line, in production", {
    timeout: 150_000,
  }, async () => {
    expect(blocksOf(PAGE)).toHaveLength(4);
    const [database, redis, port] = await Promise.all([createTestDatabase(), createTestRedis(), freePort()]);
    try {
      await runPage({
        page: PAGE,
        replace: {
          "postgres://peg:secret@127.0.0.1:5432/peg": database.url,
          "redis://127.0.0.1:6379": redis.url,
          "3001": String(port),
        },
        timeoutMs: 140_000,
      });
    } finally {
      await Promise.all([database.drop(), redis.stop()]);
    }
  });
});
