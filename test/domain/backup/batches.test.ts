import { sql } from "drizzle-orm";
import { expect, inject, test, vi } from "vitest";
import { BACKUP_TABLES, batchesOf, readRows } from "../../../src/domain/backup/backup-tables.js";
import { openFromTemplate } from "../../support/embedded-template.js";

// An embedded database takes its time where others want the processor.
vi.setConfig({ testTimeout: 60_000 });

test("long rows after short ones are read a few at a time, and each row once", async () => {
  const database = await openFromTemplate(inject("embeddedTemplate"));
  try {
    // Of their analyses nothing is asked here.
    await database.db.execute(sql`set session_replication_role = replica`);
    await database.db.execute(sql`
      insert into analysis_samples
        (analysis_id, revision, series, piece, kpi_name, period, sample_count, sample_values, sample_cells)
      select case when n <= 40 then 'a' else 'b' end, '00000000-0000-0000-0000-000000000001', n, 0, 'k', 'N', 1,
        decode(repeat('00', case when n <= 40 then 8 else 200000 end), 'hex'), decode('00000000', 'hex')
      from generate_series(1, 100) as n`);
    const table = BACKUP_TABLES.find(({ name }) => name === "analysis_samples");
    if (!table) throw new Error("no samples in a backup");
    const batches: string[][] = [];
    await database.db.transaction(async (tx) => {
      for await (const lines of readRows(tx, table)) batches.push(lines);
    });
    const series = batches.flat().map((line) => JSON.parse(line).series);
    expect(series).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const chars = batches.map((lines) => lines.reduce((sum, line) => sum + line.length, 0));
    expect(Math.max(...chars)).toBeLessThan(5_000_000);
    expect(Math.max(...chars)).toBeGreaterThan(2_000_000);
  } finally {
    await database.close();
  }
});

test("a row that is longer than a batch is one by itself", () => {
  const long = 50_000_000;
  expect([...batchesOf([10, 10, long, long, 10])]).toEqual([2, 1, 1, 1]);
  expect([...batchesOf([])]).toEqual([]);
});
