import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { cellId, kpiName, MAX_ROWS, type Period, type StatsRow } from "../contract/analysis.js";
import { parseTime } from "../contract/time.js";
import { CommandError } from "./command-error.js";
import { printable } from "./format-table.js";
import { unreadable as unreadableFile } from "./read-analysis-file.js";
import type { Say } from "./words.js";

/** How exports in the wild write a measurement that is missing. */
const MISSING = new Set(["", "-", "nan", "none", "null"]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MAX_PROBLEMS = 10;

/** Both ends inclusive. */
export interface TimeRange {
  start: Date;
  end: Date;
}

export interface CsvPeriods {
  "N-1": TimeRange;
  N: TimeRange;
}

export interface CsvAnalysis {
  stats: StatsRow[];
  lines: number;
  /** Lines whose time lies in neither period. */
  outside: number;
  missing: number;
}

/**
 * Reads `START/END`.
 *
 * @throws CommandError naming the option
 */
export function parseTimeRange(option: string, text: string): TimeRange {
  const [start, end, ...more] = text.split("/").map(parseTime);
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

type Problem = (say: Say) => string;
type ColumnProblem =
  | "is missing in the first line"
  | "stands twice in the first line"
  | "has no usable name"
  | "is no ISO 8601 time, like 2024-01-01T00:00:00Z"
  | "must have 1 to 255 characters"
  | "is neither a number nor empty, -, NaN or None";

function doesNotFit(path: string, problems: readonly Problem[]): CommandError {
  return new CommandError((say) =>
    [
      say("{file} does not fit, and nothing was stored:", { file: path }),
      ...problems.map((problem) => `  - ${problem(say)}`),
    ].join("\n"),
  );
}

/** Collects what is wrong with a file, so that one run names many problems and a damaged file ends it soon. */
class Problems {
  readonly #path: string;
  readonly #found: Problem[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  add(line: number, column: string, problem: ColumnProblem): void {
    this.#found.push((say) =>
      say("line {line}, column {column}: {problem}", {
        line,
        column: printable(column),
        problem: say(problem),
      }),
    );
    if (this.#found.length >= MAX_PROBLEMS) this.throwIfAny();
  }

  throwIfAny(): void {
    if (this.#found.length) throw doesNotFit(this.#path, this.#found);
  }
}

/** Where the columns stand. */
interface Header {
  timestamp: number;
  cell: number;
  kpis: { name: string; column: number }[];
}

function readHeader(names: readonly string[], path: string): Header {
  const problems = new Problems(path);
  const trimmed = names.map((name) => name.trim());
  for (const needed of ["timestamp", "cell_id"]) {
    if (!trimmed.includes(needed)) problems.add(1, needed, "is missing in the first line");
  }
  trimmed.forEach((name, i) => {
    if (trimmed.indexOf(name) !== i) problems.add(1, name, "stands twice in the first line");
    else if (!kpiName.safeParse(name).success) problems.add(1, String(i + 1), "has no usable name");
  });
  problems.throwIfAny();
  const kpis = trimmed
    .map((name, column) => ({ name, column }))
    .filter(({ name }) => name !== "timestamp" && name !== "cell_id");
  return { timestamp: trimmed.indexOf("timestamp"), cell: trimmed.indexOf("cell_id"), kpis };
}

/**
 * Reads `timestamp, cell_id` and a column for each KPI, gzipped or not, line by line. A time without a zone is UTC.
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
  const problems = new Problems(path);
  const read: CsvAnalysis = { stats: [], lines: 0, outside: 0, missing: 0 };
  // One text for all rows of a cell: the parser makes a new one for each.
  const cells = new Map<string, string>();
  let header: Header | undefined;

  function addRow(record: readonly string[], line: number): void {
    if (!header) {
      header = readHeader(record, path);
      return;
    }
    read.lines++;
    const time = parseTime((record[header.timestamp] ?? "").trim());
    const cellText = (record[header.cell] ?? "").trim();
    const cell = cells.get(cellText) ?? cellId.safeParse(cellText).data;
    if (!time) problems.add(line, "timestamp", "is no ISO 8601 time, like 2024-01-01T00:00:00Z");
    if (cell === undefined) problems.add(line, "cell_id", "must have 1 to 255 characters");
    if (!time || cell === undefined) return;
    cells.set(cellText, cell);
    const within = (["N-1", "N"] as const).filter(
      (period) => time >= periods[period].start && time <= periods[period].end,
    );
    if (!within.length) read.outside++;
    for (const { name, column } of header.kpis)
      addValue(record[column] ?? "", name, cell, time, within, line);
  }

  function addValue(
    text: string,
    kpi: string,
    cell: string,
    time: Date,
    within: Period[],
    line: number,
  ): void {
    const trimmed = text.trim();
    if (MISSING.has(trimmed.toLowerCase())) {
      read.missing++;
      return;
    }
    const avg = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
    if (!Number.isFinite(avg)) {
      problems.add(line, kpi, "is neither a number nor empty, -, NaN or None");
      return;
    }
    for (const period of within) {
      read.stats.push({ kpi_name: kpi, period, avg, cell_id: cell, timestamp: time });
    }
    if (read.stats.length > MAX_ROWS) {
      throw new CommandError((say) =>
        say("{file} holds more than {max} values: import fewer KPIs or shorter periods", {
          file: path,
          max: MAX_ROWS,
        }),
      );
    }
  }

  const file = createReadStream(path);
  const parser = parse({ bom: true, skip_empty_lines: true, relax_column_count: false });
  parser.on("data", (record: string[]) => {
    onProgress(file.bytesRead, size);
    try {
      addRow(record, parser.info.lines);
    } catch (error) {
      parser.destroy(error as Error);
    }
  });
  try {
    if (/\.gz$/i.test(path)) await pipeline(file, createGunzip(), parser);
    else await pipeline(file, parser);
  } catch (error) {
    throw error instanceof CommandError ? error : unreadable(path, error);
  }
  problems.throwIfAny();
  if (!read.stats.length) {
    const { lines, outside } = read;
    throw new CommandError((say) =>
      say("{file} holds no value in either period: {lines} lines, {outside} outside of both", {
        file: path,
        lines,
        outside,
      }),
    );
  }
  return read;
}

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
