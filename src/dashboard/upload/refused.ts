import type { Language, Say } from "../words/say.js";
import type { Problem } from "./protocol.js";

/** Words that wait for the reader's language. */
export type InWords<T> = (say: Say, language: Language) => T;

/** What is wrong with a file, in as many places as are of use. */
export class Refused extends Error {
  override name = "Refused";

  constructor(
    readonly text: InWords<string>,
    readonly problems: readonly InWords<Problem>[] = [],
  ) {
    super("the file does not fit");
  }
}
