import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { z } from "zod";
import { BackupError, damaged } from "./backup-error.js";
import { type BackupHeader, backupHeader, summing, type TableSum, tableSum } from "./backup-format.js";
import { BACKUP_TABLES } from "./backup-tables.js";

const NEWLINE = 0x0a;
/** Longer than any row can be: the cell ids of the largest analysis, sealed. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** The lines of a gzipped file. Not by node's readline, which also breaks at characters that JSON may hold. */
async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const stream = file.pipe(createGunzip());
  file.once("error", (error) => stream.destroy(error));
  let parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        parts.push(chunk.subarray(start, end));
        yield (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)).toString("utf8");
        parts = [];
        bytes = 0;
        start = end + 1;
      }
      parts.push(chunk.subarray(start));
      bytes += chunk.length - start;
      if (bytes > MAX_LINE_BYTES) throw damaged("a line of it never ends");
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // What zlib says of a file that was cut off, changed, or never was gzip.
    if (code.startsWith("Z_")) throw damaged("it is no gzip file, or it is cut off or changed");
    if (code === "ENOENT") throw new BackupError(`There is no file ${path}.`);
    throw error;
  } finally {
    file.destroy();
  }
  if (bytes > 0) throw damaged("it ends within a line");
}

function parse<T>(schema: z.ZodType<T>, line: string | undefined, what: string): T {
  try {
    return schema.parse(JSON.parse(line ?? ""));
  } catch {
    throw damaged(what);
  }
}

/** A backup that is being read: each of its rows is passed on before the sum of its table is known to be right. */
export interface BackupReader {
  header: BackupHeader;
  /** To be read to the end, once. @throws BackupError where rows are missing, too many or changed */
  rows(): AsyncGenerator<{ table: string; line: string }>;
  /** Once all rows are read. */
  sums: TableSum[];
  close(): Promise<void>;
}

/** @throws BackupError where it is no backup, or of another kind than this program reads */
export async function readBackup(path: string): Promise<BackupReader> {
  const lines = readLines(path);
  const next = async () => ((await lines.next()) as IteratorResult<string, undefined>).value;
  const header = parse(backupHeader, await next(), "it does not begin as a backup does");
  const names = Object.keys(header.tables);
  if (names.join() !== BACKUP_TABLES.map(({ name }) => name).join()) {
    throw new BackupError(
      `The backup has other tables than this program: it was made by version ${header.program}, restore it with that.`,
    );
  }
  const sums: TableSum[] = [];
  return {
    header,
    sums,
    async *rows() {
      for (const [table, count] of Object.entries(header.tables)) {
        const summed = summing(table);
        for (let row = 0; row < count; row++) {
          const line = await next();
          if (line === undefined) throw damaged(`rows of ${table} are missing`);
          summed.add(line);
          yield { table, line };
        }
        const sum = summed.sum();
        const told = parse(tableSum, await next(), `the sum of ${table} is missing`);
        if (told.table !== table || told.rows !== count || told.sha256 !== sum.sha256)
          throw damaged(`${table} is not as its sum says`);
        sums.push(sum);
      }
      if ((await next()) !== undefined) throw damaged("something follows its end");
    },
    close: async () => void (await lines.return(undefined)),
  };
}
