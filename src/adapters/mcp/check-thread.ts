import { parentPort } from "node:worker_threads";
import { checkAnswer } from "./check-answer.js";
import type { CheckReply, CheckTask } from "./check-pool.js";

/** Entry of the thread that checks big answers: a task comes in, its verdict goes out. */
parentPort?.on("message", ({ id, bytes, analysisId }: CheckTask) => {
  const reply: CheckReply = { id, verdict: checkAnswer(bytes, analysisId) };
  parentPort?.postMessage(reply);
});
