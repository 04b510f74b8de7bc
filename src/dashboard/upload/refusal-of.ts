import { TRPCClientError } from "@trpc/client";
import { isPegError } from "../../client/is-peg-error.js";
import { type Language, say } from "../words/say.js";
import type { Refusal } from "./protocol.js";
import { Refused } from "./refused.js";
import { isOpenEnded, PerhapsStored } from "./store-once.js";

const AGAIN = "Then store again, and change nothing before: what is stored already is not stored twice.";

/** A failure in words: of the file, of the token, of the server, that there is no server, or of this page itself. */
export function refusalOf(error: unknown, language: Language): Refusal {
  const words = say[language];
  const refuse = (message: string): Refusal => ({ told: "refused", message, problems: [] });
  if (error instanceof Refused) {
    const problems = error.problems.map((problem) => problem(words, language));
    return { ...refuse(error.text(words, language)), problems };
  }
  if (error instanceof PerhapsStored) {
    const message = words(
      "There is an analysis with the id of this file: look in the list whether it is this one.",
    );
    return { ...refuse(message), unanswered: true };
  }
  if (isPegError(error, "API_AUTHENTICATION_ERROR")) {
    const message = words(
      "Your token has expired or is not valid any more. Sign in with a new one, then store again: the file and all that you chose stay.",
    );
    return { ...refuse(message), needsToken: true };
  }
  if (isPegError(error)) {
    const { message, details = [] } = error.data.error;
    if (isOpenEnded(error)) return { ...refuse(`${message} ${words(AGAIN)}`), unanswered: true };
    return {
      ...refuse(message),
      problems: details.map(({ path, message: text }) => ({ place: path, text })),
    };
  }
  if (error instanceof TRPCClientError) {
    const message = words("The server cannot be reached. Check that it runs, and your connection.");
    return { ...refuse(`${message} ${words(AGAIN)}`), unanswered: true };
  }
  // Of a text or a list that is longer than the browser's may be.
  if (error instanceof RangeError) {
    return refuse(
      words("There is not enough memory for this file. Leave out columns or days, and choose it anew."),
    );
  }
  return refuse(
    words(
      "This page failed at the file ({reason}). Load it again; if that does not help, tell the operator.",
      {
        reason: String(error),
      },
    ),
  );
}
