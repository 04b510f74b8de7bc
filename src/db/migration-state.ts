import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SqlRunner } from "./run-sql.js";

/** How the schema of a database stands to that of this program. */
export type MigrationState = "current" | "behind" | "ahead";

/** Compares what was migrated with what there is to migrate. Changes nothing. */
export async function readMigrationState(run: SqlRunner, migrationsFolder: string): Promise<MigrationState> {
  const journal = JSON.parse(readFileSync(join(migrationsFolder, "meta/_journal.json"), "utf8")) as {
    entries: { when: number }[];
  };
  const newest = Math.max(...journal.entries.map(({ when }) => when));
  const { rows: tables } = await run("select to_regclass('drizzle.__drizzle_migrations') as found", []);
  if (!tables[0]?.found) return "behind";
  const { rows } = await run("select max(created_at)::text as last from drizzle.__drizzle_migrations", []);
  const last = Number(rows[0]?.last ?? 0);
  if (last === newest) return "current";
  return last < newest ? "behind" : "ahead";
}
