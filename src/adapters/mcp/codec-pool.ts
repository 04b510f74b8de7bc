import { Worker } from "node:worker_threads";
import type { ComparedPeg } from "../../domain/comparison/computed-comparison.js";
import { checkAnswer, type Verdict } from "./check-answer.js";
import { INLINE_CHECK_BYTES, INLINE_ENCODE_SAMPLES } from "./options.js";
import type { AnswerBytes } from "./read-body.js";
import { buildRequestBody, type RequestBody, type RequestBodyInput } from "./request-body.js";

/** What the thread is asked. */
export type CodecTask =
  | { kind: "encode"; input: RequestBodyInput }
  | { kind: "check"; bytes: AnswerBytes; analysisId: string };
export type CodecRequest = { id: number; task: CodecTask };
/** Any number of PEGs ahead, and then the result or what went wrong. */
export type CodecReply =
  | { id: number; pegs: ComparedPeg[] }
  | { id: number; result: RequestBody | Verdict }
  | { id: number; error: Error };

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
  /** What came ahead of its result. */
  pegs: ComparedPeg[];
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A running thread and what it was asked. */
interface CodecThread {
  worker: Worker;
  waiting: Map<number, Waiting>;
}

/** A result with the PEGs that came ahead of it. */
function withPegs(result: RequestBody | Verdict, ahead: ComparedPeg[]): RequestBody | Verdict {
  if (!("kind" in result) || result.kind !== "valid" || ahead.length === 0) return result;
  const { comparison } = result;
  return { ...result, comparison: { ...comparison, pegs: [...ahead, ...comparison.pegs] } };
}

/** The memory of all samples, which moves to the thread instead of being copied. */
function memoryOf({ data }: RequestBodyInput): ArrayBuffer[] {
  const { counts, timed, values, cells, times } = data.series;
  return [counts, timed, values, cells, times].map(({ buffer }) => buffer);
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
      if ("pegs" in reply) {
        asker?.pegs.push(...reply.pegs);
        return;
      }
      if ("error" in reply) asker?.reject(reply.error);
      else asker?.resolve(withPegs(reply.result, asker.pegs));
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

  const ask = <T>(url: URL, task: CodecTask, memory: ArrayBuffer[]): Promise<T> => {
    if (closed) throw new CodecThreadDied("the thread for requests and answers was closed");
    thread ??= start(url);
    const { worker, waiting } = thread;
    const request: CodecRequest = { id: ++lastId, task };
    worker.postMessage(request, memory);
    worker.ref();
    return new Promise<T>((resolve, reject) => {
      waiting.set(request.id, { pegs: [], resolve: resolve as Waiting["resolve"], reject });
    });
  };

  return {
    encode: async (input, signal) => {
      if (!threadUrl || input.data.series.values.length <= INLINE_ENCODE_SAMPLES)
        return buildRequestBody(input, signal);
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
