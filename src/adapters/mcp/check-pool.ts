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
  /** Starts the thread for an answer to a request of so many bytes, so that it need not start beside the check. */
  prepare(requestBytes: number): void;
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

/** A running thread and what it was asked. */
interface CheckThread {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

/**
 * One thread, started with the first big answer and again after it died. It does not keep the process alive
 * while it has nothing to do.
 *
 * @param threadUrl the compiled `check-thread.js`; undefined: all answers are checked here
 * @param maxHeapMb more than any answer unfolds to: a thread that runs out of memory may take the process with it
 */
export function createCheckPool(threadUrl: URL | undefined, maxHeapMb = 2048): CheckPool {
  let thread: CheckThread | undefined;
  let lastId = 0;
  let closed = false;

  const start = (url: URL): CheckThread => {
    const worker = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    const started: CheckThread = { worker, waiting: new Map() };
    let cause: unknown;
    const retire = () => {
      if (thread === started) thread = undefined;
    };
    worker.on("message", ({ id, verdict }: CheckReply) => {
      started.waiting.get(id)?.resolve(verdict);
      started.waiting.delete(id);
      if (started.waiting.size === 0) worker.unref();
    });
    worker.on("error", (error) => {
      cause = error;
      retire();
    });
    worker.on("exit", () => {
      retire();
      for (const { reject } of started.waiting.values()) {
        reject(new CheckThreadDied("the check thread died", { cause }));
      }
    });
    return started;
  };

  return {
    prepare: (requestBytes) => {
      if (!threadUrl || closed || thread || requestBytes <= INLINE_CHECK_BYTES) return;
      thread = start(threadUrl);
      thread.worker.unref();
    },
    check: async (bytes, analysisId) => {
      if (!threadUrl || bytes.length <= INLINE_CHECK_BYTES) return checkAnswer(bytes, analysisId);
      if (closed) throw new CheckThreadDied("the check thread was closed");
      thread ??= start(threadUrl);
      const { worker, waiting } = thread;
      const task: CheckTask = { id: ++lastId, bytes, analysisId };
      const verdict = new Promise<Verdict>((resolve, reject) => {
        waiting.set(task.id, { resolve, reject });
      });
      worker.ref();
      worker.postMessage(
        task,
        bytes.blocks.map((block) => block.buffer),
      );
      return verdict;
    },
    close: async () => {
      closed = true;
      await thread?.worker.terminate();
    },
  };
}
