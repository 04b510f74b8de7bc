import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * A backup is gzipped text, a JSON value on each line: the header; then of each table, in the header's order, its
 * rows, as many as the header says, and its sum.
 */
export const backupHeader = z.object({
  format: z.literal("peg-comparison-bff backup"),
  version: z.literal(1),
  /** The program that wrote it. */
  program: z.string(),
  /** The last migration of the database that it was taken of. */
  schema: z.string().regex(/^\d+$/),
  created_at: z.iso.datetime(),
  /** The keys that sealed something in it. Never the keys themselves. */
  key_ids: z.array(z.string()),
  /** How many rows each table has. */
  tables: z.record(z.string(), z.int().nonnegative()),
});
export type BackupHeader = z.infer<typeof backupHeader>;

export const tableSum = z.object({
  table: z.string(),
  rows: z.int().nonnegative(),
  /** Of all its lines, with their ends. */
  sha256: z.string(),
});
export type TableSum = z.infer<typeof tableSum>;

/** Sums up a table, line by line. */
export function summing(table: string) {
  const hash = createHash("sha256");
  let rows = 0;
  return {
    add(line: string): void {
      hash.update(line).update("\n");
      rows++;
    },
    sum: (): TableSum => ({ table, rows, sha256: hash.digest("hex") }),
  };
}

export interface BackupProgress {
  table: string;
  /** Rows of all tables. */
  done: number;
  total: number;
}
export type OnBackupProgress = (progress: BackupProgress) => void;

/** Counts rows over all tables. */
export function counting(header: BackupHeader, onProgress: OnBackupProgress) {
  const total = Object.values(header.tables).reduce((sum, rows) => sum + rows, 0);
  let done = 0;
  return (table: string, rows: number): void => {
    done += rows;
    onProgress({ table, done, total });
  };
}
