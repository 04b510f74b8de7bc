import { Worker } from "node:worker_threads";
import { checkAnswer, type Verdict } from "./check-answer.js";
import { INLINE_CHECK_BYTES } from "./options.js";
import type { AnswerBytes } from "./read-body.js";

export interface CheckTask {
  id: number;
  bytes: AnswerBytes;
  analysisId: string;
}
export interface CheckReply {
  id: number;
  verdict: Verdict;
}

/** The thread ended before its verdict: out of memory, most likely. */
export class CheckThreadDied extends Error {
  override readonly name = "CheckThreadDied";
}

export interface CheckPool {
  /**
   * Checks an answer, a big one on the thread; its blocks are gone afterwards.
   *
   * @throws CheckThreadDied
   */
  check(bytes: AnswerBytes, analysisId: string): Promise<Verdict>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(verdict: Verdict): void;
  reject(error: Error): void;
}

/**
 * One thread, started with the first big answer and again after it died. It does not keep the process alive
 * while it has nothing to do.
 *
 * @param threadUrl the compiled `check-thread.js`; undefined: all answers are checked here
 * @param maxHeapMb an answer that unfolds to more ends the thread, not the process
 */
export function createCheckPool(threadUrl: URL | undefined, maxHeapMb = 1024): CheckPool {
  let worker: Worker | undefined;
  let lastId = 0;
  let closed = false;
  const waiting = new Map<number, Waiting>();

  const start = (url: URL): Worker => {
    const started = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    let cause: unknown;
    started.on("message", ({ id, verdict }: CheckReply) => {
      waiting.get(id)?.resolve(verdict);
      waiting.delete(id);
      if (waiting.size === 0) started.unref();
    });
    started.on("error", (error) => {
      cause = error;
    });
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.values())
        reject(new CheckThreadDied("the check thread died", { cause }));
      waiting.clear();
    });
    return started;
  };

  return {
    check: async (bytes, analysisId) => {
      if (!threadUrl || bytes.length <= INLINE_CHECK_BYTES) return checkAnswer(bytes, analysisId);
      if (closed) throw new CheckThreadDied("the check thread was closed");
      worker ??= start(threadUrl);
      const task: CheckTask = { id: ++lastId, bytes, analysisId };
      const verdict = new Promise<Verdict>((resolve, reject) => waiting.set(task.id, { resolve, reject }));
      worker.ref();
      worker.postMessage(
        task,
        bytes.blocks.map((block) => block.buffer),
      );
      return verdict;
    },
    close: async () => {
      closed = true;
      await worker?.terminate();
    },
  };
}
