import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { checkAnswer } from "./check-answer.js";
import type { CheckReply, CheckTask } from "./check-pool.js";

// The thread that answers requests goes first. Linux sets this of the calling thread, other systems of the process.
if (process.platform === "linux") {
  try {
    setPriority(5);
  } catch {
    // A sandbox may forbid it; the check is the same.
  }
}

/** Entry of the thread that checks big answers: a task comes in, its verdict goes out. */
parentPort?.on("message", ({ id, bytes, analysisId }: CheckTask) => {
  const reply: CheckReply = { id, verdict: checkAnswer(bytes, analysisId) };
  parentPort?.postMessage(reply);
});
