import { describe, expect, test } from "vitest";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { blocksOf, runPage } from "../support/run-page.js";

const PAGE = "docs/backup.md";

describe.skipIf(!cliIsBuilt || !hasPostgres)("the drill of the page on backups", () => {
  test("leads from a loss back to the same data, line by line, on both databases", {
    timeout: 260_000,
  }, async () => {
    expect(blocksOf(PAGE)).toHaveLength(5);
    const [database, scratch] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      const printed = await runPage({
        page: PAGE,
        replace: {
          "postgres://peg:secret@127.0.0.1:5432/peg": database.url,
          "postgres://peg:secret@127.0.0.1:5432/scratch": scratch.url,
        },
        timeoutMs: 240_000,
      });
      expect(printed).toContain("drill.backup was restored once and holds the same. To open it takes: k1");
    } finally {
      await Promise.all([database.drop(), scratch.drop()]);
    }
  });
});
