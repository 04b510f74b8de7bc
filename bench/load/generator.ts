import { Connection } from "./connection.js";

/** What the load is to do. */
export interface LoadOrder {
  port: number;
  /** One a connection. */
  requests: string[];
  seconds: number;
}

/** What came of it. */
export interface LoadResult {
  /** Whole answers within the time. */
  answers: number;
  /** Also those that came after it, while the server finished what it had begun. */
  allAnswers: number;
  seconds: number;
  problem?: string;
}

/** Sends requests over many connections for a while, then lets those that run come to their end. */
function run({ port, requests, seconds }: LoadOrder): Promise<LoadResult> {
  return new Promise((resolve) => {
    let [answers, allAnswers, open] = [0, 0, requests.length];
    let problem: string | undefined;
    const start = performance.now();
    const end = start + seconds * 1000;
    const closeOne = () => {
      open--;
      if (open === 0) resolve({ answers, allAnswers, seconds, ...(problem ? { problem } : {}) });
    };
    for (const request of requests) {
      const answered = (): boolean => {
        allAnswers++;
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
      new Connection({ port, request, answered, failed });
    }
  });
}

// A process of its own, on another core than the server; the parent waits meanwhile.
process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ answers: 0, allAnswers: 0, seconds: 0, problem: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
