import { type Say, sayInEnglish } from "./words.js";

/** What keeps a command from doing its work, said so that its user can mend it. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  /** @param words in the language of whoever reads them; `message` is in English */
  constructor(readonly words: (say: Say) => string) {
    super(words(sayInEnglish));
  }
}
