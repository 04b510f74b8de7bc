import type { EnglishText } from "./korean.js";

/** The languages that words for people come in. */
export type Language = "en" | "ko";

/** What may stand in the place of a `{name}`. */
export type Value = string | number;

/** The names in braces of a text. */
export type Names<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;

/** What a text needs besides itself: nothing, or a value for each of its names. */
export type ValuesOf<T extends string> = [Names<T>] extends [never] ? [] : [values: Record<Names<T>, Value>];

/** Those of some texts that have no names in them. */
export type Plain<T extends string> = T extends unknown ? ([Names<T>] extends [never] ? T : never) : never;
export type PlainText = Plain<EnglishText>;

/** A text with its values. */
export interface Filled {
  readonly text: EnglishText;
  readonly values: Readonly<Record<string, Value>>;
}

declare const verbatimText: unique symbol;
/** Words that are not of this project, or were written down before. */
export type Verbatim = string & { readonly [verbatimText]: true };

/** What a caller is told. The English text stands where it is thrown; its Korean one stands in the table. */
export type Message = PlainText | Filled | Verbatim;

/** Puts values where a text names them. */
export function put(text: string, values: Readonly<Record<string, Value>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

export function fill<T extends EnglishText>(text: T, values: Record<Names<T>, Value>): Filled {
  return { text, values };
}

export function verbatim(text: string): Verbatim {
  return text as Verbatim;
}

/** A message as it stands in logs and in the database. */
export function inEnglish(message: Message): string {
  return typeof message === "string" ? message : put(message.text, message.values);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Translates English that was put together before, by finding its text in a table, and its values in it. Undefined
 * where the table does not hold it.
 */
export function createTranslator(
  table: Readonly<Record<string, string>>,
): (english: string) => string | undefined {
  const patterns = Object.entries(table)
    .filter(([text]) => /\{\w+\}/.test(text))
    .map(([text, translated]) => {
      const parts = text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? `(?<${part}>.+?)` : escaped(part)));
      return { pattern: new RegExp(`^${parts.join("")}$`, "s"), translated };
    });
  return (english) => {
    if (Object.hasOwn(table, english)) return table[english];
    for (const { pattern, translated } of patterns) {
      const values = pattern.exec(english)?.groups;
      if (values) return put(translated, values);
    }
    return undefined;
  };
}
