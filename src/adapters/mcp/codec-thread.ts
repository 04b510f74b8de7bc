import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { ComparedPeg } from "../../domain/comparison/computed-comparison.js";
import { checkAnswer } from "./check-answer.js";
import type { CodecReply, CodecRequest, CodecTask } from "./codec-pool.js";
import { buildRequestBody } from "./request-body.js";

// The thread that answers requests goes first. Linux sets this of the calling thread, other systems of the process.
if (process.platform === "linux") {
  try {
    setPriority(5);
  } catch {
    // A sandbox may forbid it; the work is the same.
  }
}

/** A result, and the memory that moves with it. @param give sends a part of it ahead */
async function work(task: CodecTask, give: (pegs: ComparedPeg[]) => void) {
  if (task.kind === "check") return { result: checkAnswer(task.bytes, task.analysisId, give), memory: [] };
  const body = await buildRequestBody(task.input);
  // Short ones lie in memory that many share, which cannot move.
  const isAlone = ({ byteLength, buffer }: Uint8Array) => byteLength === buffer.byteLength;
  const chunks = body.chunks.map((chunk) => (isAlone(chunk) ? chunk : new Uint8Array(chunk)));
  return { result: { ...body, chunks }, memory: chunks.map(({ buffer }) => buffer) };
}

/** Entry of the thread that encodes big requests and checks big answers: a task comes in, its result goes out. */
parentPort?.on("message", ({ id, task }: CodecRequest) => {
  // In one message, thousands of PEGs would hold the thread that receives them.
  const give = (pegs: ComparedPeg[]) => parentPort?.postMessage({ id, pegs } satisfies CodecReply);
  work(task, give).then(
    ({ result, memory }) => parentPort?.postMessage({ id, result } satisfies CodecReply, memory),
    (error: unknown) => parentPort?.postMessage({ id, error: error as Error } satisfies CodecReply),
  );
});
