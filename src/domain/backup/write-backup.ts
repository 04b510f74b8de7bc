import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { sql } from "drizzle-orm";
import type { Database, Transaction } from "../../db/open.js";
import { rowsOf } from "../../db/run-sql.js";
import type { Clock } from "../ports.js";
import { BackupError } from "./backup-error.js";
import { type BackupHeader, counting, type OnBackupProgress, summing } from "./backup-format.js";
import { BACKUP_TABLES, readRows, schemaOf, setUtc } from "./backup-tables.js";

export interface BackupSource {
  db: Database;
  clock: Clock;
  /** Of this program, and the last migration that it knows. */
  program: string;
  schema: string;
}

/** Fast rather than small: on the embedded database everything else waits for it. */
const GZIP_LEVEL = 1;

async function describe(tx: Transaction, source: BackupSource): Promise<BackupHeader> {
  const schema = await schemaOf(tx);
  if (schema === undefined) throw new BackupError("There is nothing to back up: the database has no tables.");
  if (schema !== source.schema) {
    throw new BackupError(
      "The database is of another version than this program: back it up with the program that serves it, or run peg-bff migrate first.",
    );
  }
  const tables: Record<string, number> = {};
  for (const { name } of BACKUP_TABLES) {
    const [row] = rowsOf(await tx.execute(sql.raw(`select count(*)::int as rows from ${name}`)));
    tables[name] = Number(row?.rows);
  }
  const keys = rowsOf(
    await tx.execute(sql`
      select key_id from analysis_results union select key_id from peg_comparison_summaries
      union select key_id from audit_log where key_id is not null order by 1`),
  );
  return {
    format: "peg-comparison-bff backup",
    version: 1,
    program: source.program,
    schema,
    created_at: new Date(source.clock.now()).toISOString(),
    key_ids: keys.map(({ key_id }) => String(key_id)),
    tables,
  };
}

/**
 * Writes all data out, as of one moment, while others read and write. Memory does not grow with the data.
 *
 * @param sink is ended
 * @throws BackupError where this program cannot read the database; whatever the sink fails with
 */
export async function writeBackup(
  source: BackupSource,
  sink: NodeJS.WritableStream,
  onProgress: OnBackupProgress = () => undefined,
): Promise<void> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const written = pipeline(gzip, sink);
  // Told by the race below, or at the end.
  written.catch(() => undefined);
  const write = async (text: string): Promise<void> => {
    if (!gzip.write(text)) await Promise.race([once(gzip, "drain"), written]);
  };
  try {
    await source.db.transaction(
      async (tx) => {
        await setUtc(tx);
        const header = await describe(tx, source);
        const count = counting(header, onProgress);
        await write(`${JSON.stringify(header)}\n`);
        for (const table of BACKUP_TABLES) {
          const summed = summing(table.name);
          for await (const lines of readRows(tx, table)) {
            for (const line of lines) summed.add(line);
            await write(`${lines.join("\n")}\n`);
            count(table.name, lines.length);
          }
          await write(`${JSON.stringify(summed.sum())}\n`);
        }
      },
      { isolationLevel: "repeatable read", accessMode: "read only" },
    );
  } catch (error) {
    gzip.destroy(error as Error);
    throw error;
  }
  gzip.end();
  await written;
}
