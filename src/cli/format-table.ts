import { stripVTControlCharacters } from "node:util";
import { getBorderCharacters, table } from "table";

export interface TableOptions {
  /** Columns of numbers, which go to the right. */
  numeric: readonly number[];
  /** Of the terminal; where unknown, the table is as wide as it needs to be. */
  columns?: number | undefined;
  /** Columns that a narrow terminal goes without, in this order. */
  expendable?: readonly number[];
}

/** What a name may take where there is room, where there is little, and where there is none. */
const NAME_WIDTH = { most: 40, narrow: 16, least: 8 };
const PADDING = 2;
const ELLIPSIS = "…";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WIDE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

const widthOf = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1);

/** Columns that text takes on a terminal, where a Korean syllable takes two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) width += widthOf(segment);
  return width;
}

/** Text with spaces after it, to as many columns. */
export function padToWidth(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Text of others as a terminal may show it: one line, and nothing that moves the cursor or changes its colour. */
export function printable(text: string): string {
  return text.normalize("NFC").replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** Cuts the middle out of a name: names of counters differ at their ends, `_avg_ms` and `_max_ms`. */
function shorten(name: string, width: number): string {
  if (displayWidth(name) <= width) return name;
  const parts = [...graphemes.segment(name)].map(({ segment }) => segment);
  const take = (from: readonly string[], room: number): string[] => {
    let left = room;
    const end = from.findIndex((part) => {
      left -= widthOf(part);
      return left < 0;
    });
    return from.slice(0, end === -1 ? from.length : end);
  };
  const tail = take([...parts].reverse(), Math.floor((width - 1) / 2)).reverse();
  const head = take(parts, width - 1 - displayWidth(tail.join("")));
  return [...head, ELLIPSIS, ...tail].join("");
}

/**
 * A table without lines but one below its head, made to fit: first names are shortened, then columns are left out.
 *
 * @param rows the head first; the first column holds names
 */
export function formatTable(rows: readonly string[][], options: TableOptions): string {
  const { numeric, columns, expendable = [] } = options;
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => displayWidth(row[i] ?? ""))));
  let kept = widths.map((_, i) => i);
  const room = columns || Number.POSITIVE_INFINITY;
  /** What is left for the names. */
  const nameRoom = () => kept.slice(1).reduce((left, i) => left - (widths[i] ?? 0) - PADDING, room - PADDING);
  const wanted = Math.min(widths[0] ?? 0, NAME_WIDTH.narrow);
  for (const column of expendable) {
    if (nameRoom() < wanted) kept = kept.filter((i) => i !== column);
  }
  const nameWidth = Math.max(NAME_WIDTH.least, Math.min(NAME_WIDTH.most, nameRoom()));
  const cells = rows.map((row) =>
    kept.map((i) => (i === 0 ? shorten(row[0] ?? "", nameWidth) : (row[i] ?? ""))),
  );
  const text = table(cells, {
    border: getBorderCharacters("ramac"),
    drawVerticalLine: () => false,
    drawHorizontalLine: (line) => line === 1,
    columns: kept.map((i) => ({ alignment: numeric.includes(i) ? ("right" as const) : ("left" as const) })),
  });
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
}
