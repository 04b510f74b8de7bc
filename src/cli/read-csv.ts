import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline as pipe, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { MAX_ROWS, type StatsRow } from "../contract/analysis.js";
import {
  type CsvPeriods,
  type CsvProblem,
  CsvReader,
  type TimeRange,
  USUAL_COLUMNS,
} from "../contract/csv.js";
import { csvFormOf } from "../contract/csv-text.js";
import { parseTime } from "../contract/parse-time.js";
import { CommandError } from "./command-error.js";
import { decodePieces } from "./decode-text.js";
import { printable } from "./format-table.js";
import { unreadable as unreadableFile } from "./read-analysis-file.js";
import type { Say } from "./words.js";

export interface CsvAnalysis {
  stats: StatsRow[];
  lines: number;
  /** Lines whose time lies in neither period. */
  outside: number;
  missing: number;
}

/** `2024-01-07` */
const DATE_CHARS = 10;

/** The end of a period, which belongs to it: of a date alone the last instant of that day. */
function parseEnd(text: string): Date | undefined {
  return parseTime(text.length === DATE_CHARS ? `${text}T23:59:59.999Z` : text);
}

/**
 * Reads `START/END`.
 *
 * @throws CommandError naming the option
 */
export function parseTimeRange(option: string, text: string): TimeRange {
  const [from = "", to = "", ...more] = text.split("/");
  const [start, end] = [parseTime(from), parseEnd(to)];
  if (!start || !end || more.length || start > end) {
    throw new CommandError((say) =>
      say("{option} {value}: give START/END, like 2024-01-01T00:00:00Z/2024-01-07T23:59:59Z", {
        option,
        value: printable(text),
      }),
    );
  }
  return { start, end };
}

/** Characters: what is longer is no CSV, and would be gathered to its end before it is known to be none. */
const MAX_LINE = 1024 * 1024;

type Problem = (say: Say) => string;

function doesNotFit(path: string, problems: readonly Problem[]): CommandError {
  return new CommandError((say) =>
    [
      say("{file} does not fit, and nothing was stored:", { file: path }),
      ...problems.map((problem) => `  - ${problem(say)}`),
    ].join("\n"),
  );
}

const named = ({ line, column, problem }: CsvProblem): Problem => {
  const where = { line, column: printable(column) };
  return (say) => say("line {line}, column {column}: {problem}", { ...where, problem: say.told(problem) });
};

/** @throws CommandError where what was read cannot become an analysis */
function check(reader: CsvReader, path: string): void {
  if (reader.isTooLong) {
    throw new CommandError((say) =>
      say("{file} holds more than {max} values: import fewer KPIs or shorter periods", {
        file: path,
        max: MAX_ROWS,
      }),
    );
  }
  if (reader.problems.length) throw doesNotFit(path, reader.problems.map(named));
}

/**
 * Reads `timestamp, cell_id` and a column for each KPI, gzipped or not, line by line; fields may be divided by
 * semicolons or tabs too. A time without a zone is UTC.
 *
 * @param onProgress bytes read so far, of all
 * @throws CommandError naming lines and columns that do not fit
 */
export async function readCsv(
  path: string,
  periods: CsvPeriods,
  onProgress: (read: number, size: number) => void = () => undefined,
): Promise<CsvAnalysis> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const file = createReadStream(path);
  const texts = decodePieces(path, /\.gz$/i.test(path) ? unpack(file) : file);
  let reader = new CsvReader(periods);
  try {
    const head = await headOf(texts);
    const { delimiter, firstLine } = csvFormOf(head);
    reader = new CsvReader(periods, USUAL_COLUMNS, delimiter);
    const parser = parse({
      delimiter,
      from_line: firstLine,
      max_record_size: MAX_LINE,
      skip_empty_lines: true,
      relax_column_count: false,
    });
    parser.on("data", (record: string[]) => {
      onProgress(file.bytesRead, size);
      if (!reader.add(record, parser.info.lines)) parser.destroy(new UselessToReadOn());
    });
    await pipeline(async function* () {
      yield head;
      yield* texts;
    }, parser);
    reader.end();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (!(error instanceof UselessToReadOn)) throw unreadable(path, error);
  } finally {
    file.destroy();
  }
  check(reader, path);
  const { stats, lines, outside, missing } = reader;
  if (!stats.length) {
    throw new CommandError((say) =>
      say("{file} holds no value in either period: {lines} lines, {outside} outside of both", {
        file: path,
        lines,
        outside,
      }),
    );
  }
  return { stats, lines, outside, missing };
}

/** What a file of gzip holds. Reading it fails with whatever the file fails with. */
function unpack(file: Readable): Readable {
  return pipe(file, createGunzip(), () => undefined);
}

/** The beginning of a text, its first line included: that tells how the others are to be read. */
async function headOf(texts: AsyncIterator<string>): Promise<string> {
  let head = "";
  let isWhole = false;
  while (!isWhole && head.length < MAX_LINE) {
    const { value, done } = await texts.next();
    if (done) break;
    const line = head.trim() === "" ? value.trimStart() : value;
    isWhole = /[\r\n]/.test(line);
    head += value;
  }
  return head;
}

/** Ends the reading of a file that does not fit; what is wrong is told by who has read it. */
class UselessToReadOn extends Error {}

function unreadable(path: string, error: unknown): CommandError {
  const { code, lines: line = 0 } = error as { code?: string; lines?: number };
  if (code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") {
    return doesNotFit(path, [
      (say) => say("line {line}: has more or fewer fields than the first line", { line }),
    ]);
  }
  if (code?.startsWith("CSV_")) {
    return new CommandError((say) =>
      say("{file} does not fit: line {line} is not CSV", { file: path, line }),
    );
  }
  if (code?.startsWith("Z_")) {
    return new CommandError((say) => say("{file} is not gzip, or damaged", { file: path }));
  }
  return unreadableFile(path, code);
}
