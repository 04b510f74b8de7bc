import { Worker } from "node:worker_threads";
import { checkAnswer, type Verdict } from "./check-answer.js";
import { INLINE_CHECK_BYTES, INLINE_ENCODE_SAMPLES } from "./options.js";
import type { AnswerBytes } from "./read-body.js";
import { buildRequestBody, type RequestBody, type RequestBodyInput } from "./request-body.js";

/** What the thread is asked. */
export type CodecTask =
  | { kind: "encode"; input: RequestBodyInput }
  | { kind: "check"; bytes: AnswerBytes; analysisId: string };
export type CodecRequest = { id: number; task: CodecTask };
export type CodecReply = { id: number; result: RequestBody | Verdict } | { id: number; error: Error };

/** The thread ended before it was done: out of memory, most likely. */
export class CodecThreadDied extends Error {
  override readonly name = "CodecThreadDied";
}

export interface CodecPool {
  /**
   * Encodes a request, a big one on the thread; its samples are gone afterwards.
   *
   * @throws CodecThreadDied; the signal's reason
   */
  encode(input: RequestBodyInput, signal: AbortSignal): Promise<RequestBody>;
  /**
   * Checks an answer, a big one on the thread; its blocks are gone afterwards.
   *
   * @throws CodecThreadDied
   */
  check(bytes: AnswerBytes, analysisId: string): Promise<Verdict>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A running thread and what it was asked. */
interface CodecThread {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

function samplesIn({ data }: RequestBodyInput): number {
  return data.series.reduce((sum, { values }) => sum + values.length, 0);
}

/** The memory of all samples, which moves to the thread instead of being copied. */
function memoryOf({ data }: RequestBodyInput): ArrayBufferLike[] {
  const columns = data.series.flatMap(({ values, cells, times }) => [values, cells, times ?? []].flat());
  return [...new Set(columns.map(({ buffer }) => buffer))];
}

/**
 * One thread, started with the first big request or answer and again after it died. It does not keep the process alive
 * while it has nothing to do.
 *
 * @param threadUrl the compiled `codec-thread.js`; undefined: everything is done here
 * @param maxHeapMb more than any answer unfolds to: a thread that runs out of memory may take the process with it
 */
export function createCodecPool(threadUrl: URL | undefined, maxHeapMb = 2048): CodecPool {
  let thread: CodecThread | undefined;
  let lastId = 0;
  let closed = false;

  const start = (url: URL): CodecThread => {
    const worker = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
    const started: CodecThread = { worker, waiting: new Map() };
    let cause: unknown;
    const retire = () => {
      if (thread === started) thread = undefined;
    };
    worker.on("message", (reply: CodecReply) => {
      const asker = started.waiting.get(reply.id);
      if ("error" in reply) asker?.reject(reply.error);
      else asker?.resolve(reply.result);
      started.waiting.delete(reply.id);
      if (started.waiting.size === 0) worker.unref();
    });
    worker.on("error", (error) => {
      cause = error;
      retire();
    });
    worker.on("exit", () => {
      retire();
      for (const { reject } of started.waiting.values()) {
        reject(new CodecThreadDied("the thread for requests and answers died", { cause }));
      }
    });
    return started;
  };

  const ask = <T>(url: URL, task: CodecTask, memory: ArrayBufferLike[]): Promise<T> => {
    if (closed) throw new CodecThreadDied("the thread for requests and answers was closed");
    thread ??= start(url);
    const { worker, waiting } = thread;
    const request: CodecRequest = { id: ++lastId, task };
    const result = new Promise<T>((resolve, reject) => {
      waiting.set(request.id, { resolve: resolve as Waiting["resolve"], reject });
    });
    worker.ref();
    worker.postMessage(request, memory as ArrayBuffer[]);
    return result;
  };

  return {
    encode: async (input, signal) => {
      if (!threadUrl || samplesIn(input) <= INLINE_ENCODE_SAMPLES) return buildRequestBody(input, signal);
      const body = await ask<RequestBody>(threadUrl, { kind: "encode", input }, memoryOf(input));
      signal.throwIfAborted();
      return body;
    },
    check: async (bytes, analysisId) => {
      if (!threadUrl || bytes.length <= INLINE_CHECK_BYTES) return checkAnswer(bytes, analysisId);
      const task = { kind: "check", bytes, analysisId } as const;
      return ask(
        threadUrl,
        task,
        bytes.blocks.map(({ buffer }) => buffer),
      );
    },
    close: async () => {
      closed = true;
      await thread?.worker.terminate();
    },
  };
}
