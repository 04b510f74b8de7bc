import type { PegClient } from "../../client/index.js";
import { isPegError } from "../../client/is-peg-error.js";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import { ERRORS } from "../../contract/error-table.js";

/** Version 4, as servers make them. The browser's own function is there on pages of HTTPS only. */
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte, i) => {
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, "0");
  });
  const part = (from: number, to: number) => hex.slice(from, to).join("");
  return [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-");
}

/** Whether nobody can tell what became of a write: no answer came, or one that says that the server broke. */
export function isOpenEnded(error: unknown): boolean {
  return !isPegError(error) || ERRORS[error.data.error.code].http >= 500;
}

/** An analysis has the id that this one brings: it may be another one, or what the attempt before has stored. */
export class PerhapsStored extends Error {}

/** Stores an analysis once, also where the answer was lost and it is tried again: both attempts give it one id. */
export class StoreOnce {
  #last: { what: string; id: string; mayBeStored: boolean } | undefined;

  /**
   * @param what changes with whatever is to be stored
   * @returns its id
   * @throws PerhapsStored; whatever the call fails with
   */
  async store(peg: PegClient, what: string, analysis: AnalysisCreateInput): Promise<string> {
    if (this.#last?.what !== what) this.#last = { what, id: analysis.id ?? newId(), mayBeStored: false };
    const attempt = this.#last;
    try {
      await peg.analysis.create.mutate({ ...analysis, id: attempt.id });
    } catch (error) {
      const isThere = attempt.mayBeStored && isPegError(error, "CONFLICT");
      attempt.mayBeStored ||= isOpenEnded(error);
      if (!isThere) throw error;
      if (analysis.id !== undefined) throw new PerhapsStored();
    }
    return attempt.id;
  }
}
