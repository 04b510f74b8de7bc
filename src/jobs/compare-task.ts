import { z } from "zod";

/** The job that sees to the task of a comparison. Jobs outlive releases: a new field has to be optional. */
export const COMPARE_TASK = {
  name: "peg-comparison",
  payload: z.object({
    taskId: z.uuid(),
    requestId: z.string().max(255),
    traceparent: z.string().max(255).optional(),
  }),
  /** Where a job ends up whose every run failed or died. */
  deadLetter: "peg-comparison-dead",
  retryLimit: 4,
  /** Seconds; doubled with each retry, with jitter. */
  retryDelay: 1,
  /** A run that nobody renews for so long died with its process. */
  expireInSeconds: 30,
} as const;

/** What it does, loaded by workers only. */
export const loadCompareTask = async () => (await import("./run-compare-task.js")).runCompareTask;
/** What is done with a job that ended up dead. */
export const loadDeadTask = async () => (await import("./run-compare-task.js")).giveUpCompareTask;
