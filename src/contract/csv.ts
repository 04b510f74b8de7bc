import type { Period, StatsRow } from "./analysis.js";
import { CsvNumbers } from "./csv-numbers.js";
import type { Delimiter } from "./csv-text.js";
import { isLabel, PERIODS } from "./labels.js";
import { MAX_ROWS } from "./limits.js";
import { parseSheetTime } from "./parse-time.js";
import type { PlainText } from "./words.js";

/** How exports in the wild write a measurement that is missing. */
const MISSING = new Set(["", "-", "nan", "none", "null"]);
/** Of a damaged file there is no use in naming every place. */
const MAX_PROBLEMS = 10;

/** Both ends inclusive. */
export interface TimeRange {
  start: Date;
  end: Date;
}
export type CsvPeriods = Record<Period, TimeRange>;

/** Which column is what. */
export interface CsvColumns {
  timestamp: string;
  /** A column, or where there is none, the one cell that all is of. */
  cell: { column: string } | { constant: string };
  /** Those that are taken; all others where absent. */
  kpis?: readonly string[] | undefined;
}

export const USUAL_COLUMNS: CsvColumns = { timestamp: "timestamp", cell: { column: "cell_id" } };

/** What does not fit, and where. Lines count from 1. */
export interface CsvProblem {
  line: number;
  column: string;
  problem: PlainText;
}

/** Where the columns stand. */
interface Header {
  timestamp: number;
  cell: number | undefined;
  kpis: { name: string; column: number }[];
}

/**
 * Turns the records of a CSV file into rows of an analysis: the first record names the columns, each other one is a
 * time, a cell and a value for each KPI. A time without a zone is UTC. What does not fit is collected by line and
 * column; a row of an empty field is none.
 */
export class CsvReader {
  readonly stats: StatsRow[] = [];
  readonly problems: CsvProblem[] = [];
  lines = 0;
  /** Lines whose time lies in neither period. */
  outside = 0;
  missing = 0;
  readonly #periods: CsvPeriods;
  readonly #columns: CsvColumns;
  /** One text for all rows of a cell: parsers make a new one for each. */
  readonly #cells = new Map<string, string>();
  readonly #numbers: CsvNumbers;
  /** The first number with a comma. */
  #comma: { line: number; column: string } | undefined;
  #header: Header | undefined;

  constructor(periods: CsvPeriods, columns: CsvColumns = USUAL_COLUMNS, delimiter: Delimiter = ",") {
    this.#periods = periods;
    this.#columns = columns;
    this.#numbers = new CsvNumbers(delimiter);
  }

  /** More rows than an analysis may have. */
  get isTooLong(): boolean {
    return this.stats.length > MAX_ROWS;
  }

  /** @returns whether there is a use in reading on */
  add(record: readonly string[], line: number): boolean {
    if (this.#header) this.#addLine(this.#header, record, line);
    else this.#header = this.#readHeader(record, line);
    return this.#header !== undefined && this.problems.length < MAX_PROBLEMS && !this.isTooLong;
  }

  /** Tells what shows only when all has been read. */
  end(): void {
    const point = this.#numbers.doubtfulPoint;
    if (point)
      this.#report(
        point.line,
        point.column,
        "has a point that may stand for thousands or decimals: write it without, or decimals in all numbers",
      );
    if (this.#comma && this.#numbers.isDoubtful) {
      const { line, column } = this.#comma;
      this.#report(line, column, "has a comma that may stand for thousands or decimals: write it without");
    }
  }

  #report(line: number, column: string, problem: PlainText): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ line, column, problem });
  }

  #readHeader(names: readonly string[], line: number): Header | undefined {
    const { timestamp, cell, kpis: taken } = this.#columns;
    const trimmed = names.map((name) => name.trim());
    // There may be thousands: each is looked up by its name.
    const places = new Map<string, number>();
    for (const [i, name] of trimmed.entries()) if (!places.has(name)) places.set(name, i);
    const wanted = taken && new Set(taken);
    const cellColumn = "column" in cell ? cell.column : undefined;
    for (const needed of [timestamp, cellColumn, ...(taken ?? [])]) {
      if (needed !== undefined && !places.has(needed))
        this.#report(line, needed, "is missing in the first line");
    }
    const isTaken = (name: string) =>
      name === timestamp || name === cellColumn || (wanted?.has(name) ?? true);
    trimmed.forEach((name, i) => {
      if (!isTaken(name)) return;
      if (places.get(name) !== i) this.#report(line, name, "stands twice in the first line");
      else if (!isLabel(name)) this.#report(line, String(i + 1), "has no usable name");
    });
    if ("constant" in cell && !isLabel(cell.constant))
      this.#report(line, "cell_id", "must have 1 to 255 characters");
    if (this.problems.length) return undefined;
    return {
      timestamp: places.get(timestamp) ?? -1,
      cell: cellColumn === undefined ? undefined : places.get(cellColumn),
      kpis: trimmed
        .map((name, column) => ({ name, column }))
        .filter(({ name }) => name !== timestamp && name !== cellColumn && isTaken(name)),
    };
  }

  #addLine(header: Header, record: readonly string[], line: number): void {
    this.lines++;
    const { timestamp } = this.#columns;
    const time = parseSheetTime((record[header.timestamp] ?? "").trim());
    const cell = this.#cellOf(header, record);
    if (!time) this.#report(line, timestamp, "is no ISO 8601 time, like 2024-01-01T00:00:00Z");
    if (cell === undefined) {
      const { cell: named } = this.#columns;
      this.#report(line, "column" in named ? named.column : "cell_id", "must have 1 to 255 characters");
    }
    if (!time || cell === undefined) return;
    const within = PERIODS.filter(
      (period) => time >= this.#periods[period].start && time <= this.#periods[period].end,
    );
    if (!within.length) this.outside++;
    for (const { name, column } of header.kpis) {
      const avg = this.#valueOf(record[column] ?? "", name, line);
      if (avg === undefined) continue;
      for (const period of within)
        this.stats.push({ kpi_name: name, period, avg, cell_id: cell, timestamp: time });
    }
  }

  #cellOf({ cell: column }: Header, record: readonly string[]): string | undefined {
    const { cell } = this.#columns;
    if ("constant" in cell) return cell.constant;
    const text = (record[column ?? -1] ?? "").trim();
    const known = this.#cells.get(text) ?? (isLabel(text) ? text : undefined);
    if (known !== undefined) this.#cells.set(text, known);
    return known;
  }

  #valueOf(text: string, kpi: string, line: number): number | undefined {
    const trimmed = text.trim();
    if (MISSING.has(trimmed.toLowerCase())) {
      this.missing++;
      return undefined;
    }
    const value = this.#numbers.read(trimmed, kpi, line);
    if (typeof value === "string") {
      this.#report(line, kpi, value);
      return undefined;
    }
    if (trimmed.includes(",")) this.#comma ??= { line, column: kpi };
    return value;
  }
}
