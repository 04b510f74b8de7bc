import { Connection } from "./connection.js";

/** What the load is to do. */
export interface LoadOrder {
  port: number;
  /** One a connection. */
  requests: string[];
  seconds: number;
  /** Of each connection between an answer and its next request. */
  pauseMs?: number;
}

/** What came of it. */
export interface LoadResult {
  /** Whole answers within the time. */
  answers: number;
  /** Also those that came after it, while the server finished what it had begun. */
  allAnswers: number;
  seconds: number;
  /** How long the slowest of a hundred took, in ms. */
  p99Ms: number;
  problem?: string;
}

/** Sends requests over many connections for a while, then lets those that run come to their end. */
function run({ port, requests, seconds, pauseMs = 0 }: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve) => {
    let [answers, allAnswers, open] = [0, 0, requests.length];
    let problem: string | undefined;
    const times: number[] = [];
    const start = performance.now();
    const end = start + seconds * 1000;
    const closeOne = () => {
      open--;
      if (open > 0) return;
      const p99Ms = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
      resolve({ answers, allAnswers, seconds, p99Ms, ...(problem ? { problem } : {}) });
    };
    for (const request of requests) {
      const answered = (ms: number): boolean => {
        allAnswers++;
        times.push(ms);
        if (performance.now() < end && problem === undefined) {
          answers++;
          return true;
        }
        closeOne();
        return false;
      };
      const failed = (why: string): void => {
        problem ??= why;
        closeOne();
      };
      new Connection({ port, request, pauseMs, answered, failed });
    }
  });
}

// A process of its own, on another core than the server; the parent waits meanwhile.
process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) =>
      process.send?.({ answers: 0, allAnswers: 0, seconds: 0, p99Ms: 0, problem: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
