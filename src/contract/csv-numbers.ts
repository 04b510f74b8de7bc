import type { Delimiter } from "./csv-text.js";
import type { PlainText } from "./words.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WITH_COMMA = /^[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;
const PERHAPS_THOUSANDS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** Whether a text is a number, with a decimal comma where no comma divides the fields of its file. */
export function isNumber(text: string, delimiter: Delimiter): boolean {
  return NUMBER.test(text) || (delimiter !== "," && WITH_COMMA.test(text));
}

/**
 * Reads the numbers of a CSV file. Where commas divide no fields they may be decimal ones: all numbers of a file
 * together tell, for 1,234 alone may be either.
 */
export class CsvNumbers {
  readonly #delimiter: Delimiter;
  #hasPoints = false;
  #hasCommas = false;
  #hasDecimalCommas = false;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
  }

  /** Whether commas were read, of which none is surely a decimal one. */
  get isDoubtful(): boolean {
    return this.#hasCommas && !this.#hasDecimalCommas;
  }

  /** @returns what is wrong where it is no number, or written unlike those before it */
  read(text: string): number | PlainText {
    if (this.#delimiter !== "," && WITH_COMMA.test(text)) return this.#readComma(text);
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) return "is neither a number nor empty, -, NaN or None";
    if (text.includes(".")) {
      if (this.#hasCommas)
        return "has a point, and numbers before it a comma: write decimals alike, and nothing between thousands";
      this.#hasPoints = true;
    }
    return value;
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
