import type { Delimiter } from "./csv-text.js";
import type { PlainText } from "./words.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WITH_COMMA = /^[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;
const PERHAPS_THOUSANDS = /^[+-]?[1-9]\d{0,2},\d{3}$/;
const PERHAPS_THOUSANDS_BY_POINT = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
const THOUSAND = 1000;

/** Whether a text is a number, with a decimal comma where no comma divides the fields of its file. */
export function isNumber(text: string, delimiter: Delimiter): boolean {
  return NUMBER.test(text) || (delimiter !== "," && WITH_COMMA.test(text));
}

/** What the numbers of one column have shown of their points. */
interface PointsOf {
  /** Whether some have no point, all of which are below a thousand. */
  hasSmallIntegers: boolean;
  /** Whether a point is surely no divider of thousands here. */
  isSure: boolean;
  /** The first line whose number may be one of thousands. */
  line: number | undefined;
}

/**
 * Reads the numbers of a CSV file. Where commas divide no fields they may be decimal ones: all numbers of a file
 * together tell, for 1,234 alone may be either. So may 1.234 there, in a column whose other numbers have no point and
 * end below a thousand, as spreadsheets show counters.
 */
export class CsvNumbers {
  readonly #delimiter: Delimiter;
  #hasPoints = false;
  #hasCommas = false;
  #hasDecimalCommas = false;
  readonly #points = new Map<string, PointsOf>();

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
  }

  /** Whether commas were read, of which none is surely a decimal one. */
  get isDoubtful(): boolean {
    return this.#hasCommas && !this.#hasDecimalCommas;
  }

  /** The first number with a point that may divide thousands, where all of its column may. */
  get doubtfulPoint(): { line: number; column: string } | undefined {
    for (const [column, { hasSmallIntegers, isSure, line }] of this.#points)
      if (hasSmallIntegers && !isSure && line !== undefined) return { line, column };
    return undefined;
  }

  /** @returns what is wrong where it is no number, or written unlike those before it */
  read(text: string, column: string, line: number): number | PlainText {
    if (this.#delimiter !== "," && WITH_COMMA.test(text)) return this.#readComma(text);
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) return "is neither a number nor empty, -, NaN or None";
    if (text.includes(".")) {
      if (this.#hasCommas)
        return "has a point, and numbers before it a comma: write decimals alike, and nothing between thousands";
      this.#hasPoints = true;
    }
    if (this.#delimiter !== ",") this.#notePoint(text, value, column, line);
    return value;
  }

  #notePoint(text: string, value: number, column: string, line: number): void {
    let points = this.#points.get(column);
    if (!points) {
      points = { hasSmallIntegers: false, isSure: false, line: undefined };
      this.#points.set(column, points);
    }
    if (PERHAPS_THOUSANDS_BY_POINT.test(text)) points.line ??= line;
    else if (text.includes(".") || Math.abs(value) >= THOUSAND) points.isSure = true;
    else points.hasSmallIntegers = true;
  }

  #readComma(text: string): number | PlainText {
    const value = Number(text.replace(",", "."));
    if (!Number.isFinite(value)) return "is neither a number nor empty, -, NaN or None";
    if (this.#hasPoints)
      return "has a comma, and numbers before it a point: write decimals alike, and nothing between thousands";
    this.#hasCommas = true;
    this.#hasDecimalCommas ||= !PERHAPS_THOUSANDS.test(text);
    return value;
  }
}
