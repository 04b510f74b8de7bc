import { CsvError, parse } from "csv-parse/browser/esm/sync";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import { createCsvReader } from "../../contract/csv.js";
import { parseTime } from "../../contract/time.js";
import { tell } from "../../contract/translate.js";
import type { Mapping, Overview, Spans } from "./protocol.js";
import { Refused } from "./refused.js";

const PREVIEW_LINES = 6;
const STRETCHES = 160;

/** A CSV file in memory: its first line, and the others with their numbers. */
export interface CsvFile {
  header: string[];
  lines: { line: number; fields: string[] }[];
  preview: string[][];
}

/** @throws Refused naming the line that is no CSV, or has more or fewer fields than the first */
export function openCsv(text: string): CsvFile {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { bom: true, skip_empty_lines: true, info: true });
  } catch (error) {
    const line = error instanceof CsvError ? (error.lines as number) : undefined;
    throw new Refused(
      (say) => say("The file is not CSV."),
      line === undefined
        ? []
        : [
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
    lines,
    preview: lines.slice(0, PREVIEW_LINES).map(({ fields }) => fields),
  };
}

/** How the lines lie in time. */
export function overviewOf({ header, lines }: CsvFile, column: string): Overview {
  const place = header.indexOf(column);
  const times = lines.flatMap(({ fields }) => parseTime((fields[place] ?? "").trim())?.getTime() ?? []);
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
