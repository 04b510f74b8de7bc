import type { Answered, Ask, Asked, Caller, Told } from "./protocol.js";

/** A worker that reads files, as it was started. */
export interface FileWorker {
  ask(asked: Asked): void;
  stop(): void;
}

/** Who hears what a worker tells, and that it cannot be loaded or broke. */
export interface Hearing {
  answer(answered: Answered): void;
  failure(): void;
}

/** Asks one worker a file, and gives each answer to its own question. */
export class FileAsker {
  readonly #start: (hearing: Hearing) => FileWorker;
  readonly #onBusy: (busy: boolean) => void;
  readonly #waiting = new Map<number, (heard: Told | "failed" | undefined) => void>();
  #worker: FileWorker | undefined;
  #asked = 0;

  constructor(start: (hearing: Hearing) => FileWorker, onBusy: (busy: boolean) => void) {
    this.#start = start;
    this.#onBusy = onBusy;
  }

  /**
   * Asks; to open a file ends whatever is being done with the one before.
   *
   * @returns undefined where that befell the question, or where it is to store while another answer is awaited: what
   *   is stored is what is seen, and once
   */
  ask(question: Ask, caller: Caller): Promise<Told | "failed" | undefined> {
    if (question.ask === "open") this.stop();
    if (question.ask === "store" && this.#waiting.size > 0) return Promise.resolve(undefined);
    const number = this.#asked++;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      this.#onBusy(true);
      try {
        this.#worker ??= this.#startOne();
        this.#worker.ask({ number, question, caller });
      } catch {
        this.#end("failed");
      }
    });
  }

  /** Nobody waits for an answer any more. */
  stop(): void {
    this.#end(undefined);
  }

  #startOne(): FileWorker {
    const worker = this.#start({
      answer: ({ number, told }) => {
        this.#waiting.get(number)?.(told);
        this.#waiting.delete(number);
        this.#onBusy(this.#waiting.size > 0);
      },
      failure: () => {
        if (this.#worker === worker) this.#end("failed");
      },
    });
    return worker;
  }

  #end(heard: "failed" | undefined): void {
    this.#worker?.stop();
    this.#worker = undefined;
    for (const resolve of this.#waiting.values()) resolve(heard);
    this.#waiting.clear();
    this.#onBusy(false);
  }
}
