import { tell } from "../contract/translate.js";
import {
  createTranslator,
  type Language,
  type Message,
  put,
  type Value,
  type ValuesOf,
} from "../contract/words.js";
import { type CliText, KOREAN } from "./korean.js";

/** Says a text to the person at the terminal, in their language: the English one stands where it is said. */
export interface Say {
  readonly language: Language;
  <T extends CliText>(text: T, ...values: ValuesOf<T>): string;
  /** Words that were put together elsewhere; those that are not known stay in English. */
  known(text: string): string;
  /** Words of the contract, of a field for instance. */
  told(message: Message): string;
}

/** A locale whose language is Korean, and whose characters are those that are written here. */
const KOREAN_LOCALE = /^ko(_[a-z]+)?(\.utf-?8)?(@\w+)?$/i;

const translate = createTranslator(KOREAN);

/** The words for whoever has set this locale: Korean, else English. */
export function createSay(env: Record<string, string | undefined>): Say {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  const language: Language = KOREAN_LOCALE.test(locale) ? "ko" : "en";
  const say = (text: CliText, values: Readonly<Record<string, Value>> = {}) =>
    put(language === "ko" ? KOREAN[text] : text, values);
  return Object.assign(say as <T extends CliText>(text: T, ...values: ValuesOf<T>) => string, {
    language,
    known: (text: string) => (language === "ko" ? (translate(text) ?? text) : text),
    told: (message: Message) => tell(message, language),
  });
}

export const sayInEnglish: Say = createSay({});

type Counted<T> = T extends `{count} ${infer Noun}s` ? Noun : never;

/** A number of things: `1 cell`, `4 cells`. */
export function sayCount(say: Say, count: number, noun: Counted<CliText>): string {
  return count === 1 ? say(`{count} ${noun}`, { count }) : say(`{count} ${noun}s`, { count });
}

/** What an analysis holds. */
export function sayCounts(say: Say, { rows, pegs, cells }: { rows: number; pegs: number; cells: number }) {
  return {
    rows: sayCount(say, rows, "row"),
    pegs: sayCount(say, pegs, "PEG"),
    cells: sayCount(say, cells, "cell"),
  };
}
