/** What a text may be in without a word about it. */
export type MarkedEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** The encoding that a text's first bytes tell by their mark, as Excel writes "Unicode text"; else UTF-8. */
export function encodingOf([first, second]: Uint8Array): MarkedEncoding {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return "utf-8";
}

/** What stands between the fields of a line. */
export type Delimiter = "," | ";" | "\t";

/** How much of a text is looked at for its first line. */
const HEAD = 100_000;
/** By which a file tells Excel what divides its fields. */
const SEPARATOR_LINE = /^sep=([,;\t])\r?\n/i;

/** How the lines of a CSV file are to be read. */
export interface CsvForm {
  delimiter: Delimiter;
  /** That of the names, counted from 1: the second where the first one tells the delimiter. */
  firstLine: 1 | 2;
}

/** What the beginning of a CSV file tells of all of it. */
export function csvFormOf(text: string): CsvForm {
  const told = SEPARATOR_LINE.exec(text)?.[1];
  return told
    ? { delimiter: told as Delimiter, firstLine: 2 }
    : { delimiter: delimiterOf(text), firstLine: 1 };
}

/**
 * What divides the fields of a CSV file, told by its first line: a comma where it holds one; else whichever of
 * semicolon and tab it holds more of, as Excel writes them where the comma is for decimals.
 */
function delimiterOf(text: string): Delimiter {
  const [line = ""] = /[^\r\n]+/.exec(text.slice(0, HEAD).replace(/"[^"]*"/g, "")) ?? [];
  const count = (character: string) => line.split(character).length - 1;
  if (line.includes(",") || count(";") + count("\t") === 0) return ",";
  return count("\t") > count(";") ? "\t" : ";";
}
