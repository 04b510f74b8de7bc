import { CsvError, parse } from "csv-parse/browser/esm/sync";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import { CsvReader } from "../../contract/csv.js";
import { type CsvForm, csvFormOf } from "../../contract/csv-text.js";
import { MAX_ROWS } from "../../contract/limits.js";
import { parseSheetTime } from "../../contract/parse-time.js";
import { tell } from "../../contract/translate.js";
import { areMixedUp, kpisOf, type Mapping, type Overview, type Spans } from "./protocol.js";
import { Refused } from "./refused.js";

const PREVIEW_LINES = 6;
const STRETCHES = 160;

/** A CSV file in memory: its first line, and the others with their numbers. */
export interface CsvFile extends CsvForm {
  header: string[];
  lines: { line: number; fields: string[] }[];
  preview: string[][];
}

/** @throws Refused naming the line that is no CSV, or has more or fewer fields than the first */
export function openCsv(text: string): CsvFile {
  const { delimiter, firstLine } = csvFormOf(text);
  let records: { record: string[]; info: { lines: number } }[];
  try {
    // Its types do not know of `info`.
    records = parse(text, {
      delimiter,
      from_line: firstLine,
      skip_empty_lines: true,
      info: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = error.lines as number;
    throw new Refused(
      (say) => say("The file is not CSV."),
      [
        (say) => ({
          place: say("line {line}", { line }),
          text: say("It has more or fewer fields than the first line, or a quote that does not end."),
        }),
      ],
    );
  }
  const [first, ...rest] = records;
  if (!first || rest.length === 0)
    throw new Refused((say) => say("The file holds nothing but its first line."));
  const lines = rest.map(({ record, info }) => ({ line: info.lines, fields: record }));
  return {
    header: first.record.map((name) => name.trim()),
    delimiter,
    firstLine,
    lines,
    preview: lines.slice(0, PREVIEW_LINES).map(({ fields }) => fields),
  };
}

/** How the lines lie in time. */
export function overviewOf({ header, lines }: CsvFile, column: string): Overview {
  const place = header.indexOf(column);
  const times = lines.flatMap(({ fields }) => parseSheetTime((fields[place] ?? "").trim())?.getTime() ?? []);
  if (times.length === 0) {
    throw new Refused((say) =>
      say("The time of {count} lines cannot be read. It has to look like 2024-01-01T00:00:00Z.", {
        count: lines.length,
      }),
    );
  }
  const start = times.reduce((a, b) => Math.min(a, b));
  const end = times.reduce((a, b) => Math.max(a, b));
  const counts = new Array<number>(STRETCHES).fill(0);
  for (const time of times) {
    const stretch = Math.min(STRETCHES - 1, Math.floor(((time - start) / (end - start || 1)) * STRETCHES));
    counts[stretch] = (counts[stretch] ?? 0) + 1;
  }
  return { start: new Date(start), end: new Date(end), counts, unreadable: lines.length - times.length };
}

/**
 * The rows of both periods.
 *
 * @throws Refused naming lines and columns that do not fit
 */
export function readRows(
  { header, delimiter, firstLine, lines }: CsvFile,
  { mapping, spans }: { mapping: Mapping; spans: Spans },
): AnalysisCreateInput {
  if (areMixedUp(spans)) throw new Refused((say) => say("N-1 has to end before N begins."));
  const definitions = kpisOf(mapping);
  const reader = new CsvReader(
    { "N-1": spans.before, N: spans.after },
    {
      timestamp: mapping.time,
      cell: mapping.cell === "" ? { constant: mapping.oneCell } : { column: mapping.cell },
      kpis: Object.keys(definitions),
    },
    delimiter,
  );
  let goesOn = reader.add(header, firstLine);
  for (const { fields, line } of lines) {
    if (!goesOn) break;
    goesOn = reader.add(fields, line);
  }
  reader.end();
  const { stats, problems, outside } = reader;
  if (reader.isTooLong) {
    throw new Refused((say) =>
      say("There are more than {max} values: take fewer columns or shorter periods.", { max: MAX_ROWS }),
    );
  }
  if (problems.length) {
    throw new Refused(
      (say) => say("These places do not fit. Mend the file and choose it anew."),
      problems.map(({ line, column, problem }) => (say, language) => ({
        place: say("line {line}, column {column}", { line, column }),
        text: tell(problem, language),
      })),
    );
  }
  if (stats.length === 0) {
    throw new Refused((say) =>
      say("No value lies in either period: {outside} of {lines} lines are outside of both.", {
        outside,
        lines: reader.lines,
      }),
    );
  }
  return {
    stats,
    request_params: { peg_definitions: definitions },
    period_info: {
      n1_start: spans.before.start,
      n1_end: spans.before.end,
      n_start: spans.after.start,
      n_end: spans.after.end,
    },
  };
}
